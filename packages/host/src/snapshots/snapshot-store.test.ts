import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_LIMITS, type ExtensionWire, type SnapshotWire } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createSnapshotStore, type SnapshotProblem } from './snapshot-store.js';

const extension: ExtensionWire = {
  id: 1,
  name: 'hello',
  type: 'operation',
  filename: 'index.js',
  source: 'export default { id: "hello", handler() {} }',
  isolation: 'pristine',
  limits: DEFAULT_LIMITS,
  capabilities: [],
  nodeEnv: 'production',
};

let folder: string;
let problems: SnapshotProblem[];

function snapshot(text: string): SnapshotWire {
  const bytes = new SharedArrayBuffer(text.length);
  new Uint8Array(bytes).set(Buffer.from(text));
  return { key: 'ab'.repeat(32), bytes };
}

function open(): ReturnType<typeof createSnapshotStore> {
  return createSnapshotStore(join(folder, 'nested'), (problem) => problems.push(problem));
}

describe('createSnapshotStore', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapshots-'));
    problems = [];
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('a snapshot comes back as it was written, in shared memory', async () => {
    await open().write(extension, snapshot('sand'));
    const read = await open().read({ ...extension, id: 7 });
    expect(read?.key).toBe('ab'.repeat(32));
    expect(read?.bytes).toBeInstanceOf(SharedArrayBuffer);
    expect(Buffer.from(new Uint8Array(read!.bytes)).toString()).toBe('sand');
    expect(problems).toEqual([]);
  });

  test('there is none for another source or other limits', async () => {
    await open().write(extension, snapshot('sand'));
    expect(await open().read({ ...extension, source: 'export default 1' })).toBeUndefined();
    expect(
      await open().read({ ...extension, limits: { ...DEFAULT_LIMITS, memoryLimitBytes: 1 << 20 } }),
    ).toBeUndefined();
    expect(problems).toEqual([]);
  });

  test.each([
    ['a cut file', 20, 0],
    ['an empty file', 0, 0],
    ['a file that is cut after its key', 32, 0],
  ])('%s gives bytes that the engine will not take for a snapshot', async (_name, length, bytes) => {
    await open().write(extension, snapshot('sand'));
    const [name] = await readdir(join(folder, 'nested'));
    const file = join(folder, 'nested', name!);
    await writeFile(file, (await readFile(file)).subarray(0, length));
    expect((await open().read(extension))?.bytes.byteLength).toBe(bytes);
  });

  test('a folder that cannot be written is a problem, not a failure', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await createSnapshotStore(join(file, 'under'), (problem) => problems.push(problem)).write(
      extension,
      snapshot('sand'),
    );
    expect(problems).toEqual(['unwritable']);
  });

  test('a file that no snapshot is as large as is not read', async () => {
    await open().write(extension, snapshot('sand'));
    const [file] = await readdir(join(folder, 'nested'));
    await truncate(join(folder, 'nested', file!), 64 * 1024 * 1024); // sparse
    expect(await open().read(extension)).toBeUndefined();
    expect(problems).toEqual(['unreadable']);
  });
});
