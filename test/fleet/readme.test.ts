import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

import { hasNatsServer, startNatsServer } from '../../packages/fleet/src/testing/nats-server.js';

const README = new URL('../../packages/fleet/README.md', import.meta.url);

describe.skipIf(!hasNatsServer())('the README of @sandglass/fleet', () => {
  test('has an example that prints what it says', async () => {
    const [, example = ''] = /```js\n([^]*?)```/.exec(await readFile(README, 'utf8')) ?? [];
    const promised = [...example.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].map(([, line]) => line);
    expect(promised).toHaveLength(2);
    await using server = await startNatsServer();
    // inside of the repository, where its imports resolve
    const folder = await mkdtemp(join(import.meta.dirname, '.readme-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'example.mjs');
    await writeFile(file, example.replace('nats://127.0.0.1:4222', server.url));
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout.trim().split('\n')).toEqual(promised);
  });
});
