import { loadExtension } from '@sandglass/host/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let extension: Awaited<ReturnType<typeof loadExtension>>;

describe('the operation', () => {
  beforeAll(async () => {
    extension = await loadExtension('.');
  });
  afterAll(() => extension.close());

  test('says a text several times', async () => {
    expect(await extension.operation({ text: 'hey', times: 3 })).toEqual({ text: 'hey hey hey' });
  });

  test('waits between two echoes, which takes a test no time', async () => {
    await extension.operation({ text: 'hey' });
    expect(extension.sleeps.slice(-2)).toEqual([100, 100]);
  });
});
