import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { run } from '../runtimes/install.mjs';
import { bundleExample, sizeOf, traceExample } from './artefact.mjs';

const FIRST_CALL = join(import.meta.dirname, 'first-call.mjs');
const MEBIBYTE = 1_048_576;

/** How an artefact is made, where its handler is, and how large it may be. Measured: 1.6 MiB and 4.8 MiB. */
const ARTEFACTS = [
  { name: 'bundle', make: () => bundleExample('lambda/handler.mjs'), handler: 'handler.mjs', maxBytes: 1.8 * MEBIBYTE },
  {
    name: 'trace',
    make: () => traceExample('lambda/handler.mjs'),
    handler: 'examples/serverless/lambda/handler.mjs',
    maxBytes: 5.5 * MEBIBYTE,
  },
];

for (const { name, make, handler, maxBytes } of ARTEFACTS) {
  describe(`the ${name} of a Lambda function`, () => {
    let folder;
    let empty;
    before(async () => {
      folder = await make();
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

    test(`is not larger than ${(maxBytes / MEBIBYTE).toFixed(1)} MiB`, async (context) => {
      const bytes = await sizeOf(folder);
      context.diagnostic(`${(bytes / MEBIBYTE).toFixed(2)} MiB`);
      assert.ok(bytes <= maxBytes, `${bytes} bytes`);
    });
  });
}
