import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { run } from '../runtimes/install.mjs';
import { bundleExample, sizeOf, traceExample } from './artefact.mjs';

const FIRST_CALL = join(import.meta.dirname, 'first-call.mjs');
const MEBIBYTE = 1_048_576;
/** For each extension. Measured: 182 KiB, of which the engine's own built-ins are most. */
const MAX_SNAPSHOT_BYTES = 200 * 1024;

/**
 * How an artefact is made, where its handler is, and how large it may be without its snapshots.
 * Measured: 1.8 MiB and 5.5 MiB.
 */
const ARTEFACTS = [
  { name: 'bundle', make: () => bundleExample('lambda/handler.mjs'), handler: 'handler.mjs', maxBytes: 1.9 * MEBIBYTE },
  {
    name: 'trace',
    make: () => traceExample('lambda/handler.mjs'),
    handler: 'examples/serverless/lambda/handler.mjs',
    maxBytes: 5.6 * MEBIBYTE,
  },
];

for (const { name, make, handler, maxBytes } of ARTEFACTS) {
  describe(`the ${name} of a Lambda function`, () => {
    let folder;
    let empty;
    let bytes;
    before(async () => {
      folder = await make();
      bytes = await sizeOf(folder, ({ parentPath }) => !parentPath.endsWith('snapshots'));
      empty = await mkdtemp(join(tmpdir(), 'sandglass-empty-'));
    });
    after(() => Promise.all([folder, empty].map((each) => rm(each, { recursive: true, force: true }))));

    for (const pool of ['workers', 'inline']) {
      test(`answers from an empty folder with nothing of the environment, pool ${pool}`, async () => {
        const env = { SANDGLASS_POOL: pool };
        const output = await run(process.execPath, [FIRST_CALL, join(folder, handler)], {
          cwd: empty,
          env,
          timeoutMs: 30_000,
        });
        assert.deepEqual(JSON.parse(output), { statusCode: 200, body: '{"hello":"world","visits":1}' });
      });
    }

    test(`is not larger than ${(maxBytes / MEBIBYTE).toFixed(1)} MiB`, (context) => {
      context.diagnostic(`${(bytes / MEBIBYTE).toFixed(2)} MiB`);
      assert.ok(bytes <= maxBytes, `${bytes} bytes`);
    });

    if (name !== 'bundle') return;
    test('has a snapshot of each extension, none larger than it should be', async () => {
      const names = await readdir(join(folder, 'snapshots'));
      assert.equal(names.length, 3);
      const total = await sizeOf(join(folder, 'snapshots'));
      assert.ok(total <= 3 * MAX_SNAPSHOT_BYTES, `${total} bytes`);
    });

    test('takes the extensions from their snapshots', async () => {
      const folderOf = join(folder, 'snapshots');
      const times = async () =>
        Promise.all((await readdir(folderOf)).map(async (file) => (await stat(join(folderOf, file))).mtimeMs));
      const before = await times();
      const env = { SANDGLASS_POOL: 'inline' };
      await run(process.execPath, [FIRST_CALL, join(folder, handler)], { cwd: empty, env, timeoutMs: 30_000 });
      assert.deepEqual(await times(), before, 'one that does not fit is written again');
    });
  });
}
