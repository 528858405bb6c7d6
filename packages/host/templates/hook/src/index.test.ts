import { loadExtension } from '@sandglass/host/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let extension: Awaited<ReturnType<typeof loadExtension>>;

describe('the hook', () => {
  beforeAll(async () => {
    extension = await loadExtension('.');
  });
  afterAll(() => extension.close());

  test('trims the title of an article', async () => {
    expect(await extension.filter('articles.items.create', { title: ' News ' })).toEqual({ title: 'News' });
  });

  test('refuses an article without a title', async () => {
    await expect(extension.filter('articles.items.create', {})).rejects.toThrow('An article needs a title');
  });

  test('logs what was created', async () => {
    await extension.action('pages.items.create', { key: 7 });
    expect(extension.logs).toEqual(['pages.items.create: 7']);
  });
});
