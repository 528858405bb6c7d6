import { getEventListeners } from 'node:events';

import { createHost } from '@sandglass/host';
import { describe, expect, test } from 'vitest';

const manifest = (name: string, type: string, path: unknown): object => ({
  name,
  version: '1.0.0',
  'directus:extension': { type, path, source: path, host: '*', sandbox: { enabled: true } },
});

const EXTENSIONS = [
  {
    manifest: manifest('op', 'operation', { app: 'a.js', api: 'i.js' }),
    source: "export default { id: 'op', handler: () => 1 };",
  },
  {
    manifest: manifest('e', 'endpoint', 'i.js'),
    source: "export default (router) => router.get('/', () => ({ status: 200 }));",
  },
  {
    manifest: manifest('h', 'hook', 'i.js'),
    source: "export default ({ filter, action }) => { filter('x', (p) => p); action('x', () => {}); };",
  },
];

/**
 * What a signal keeps: its listeners, and the signals that depend on it, which Node holds in sets
 * under symbols.
 */
function keptBy(signal: AbortSignal): number {
  const sizes = Object.getOwnPropertySymbols(signal)
    .map((symbol) => (Reflect.get(signal, symbol) as { size?: unknown } | undefined)?.size)
    .filter((size) => typeof size === 'number');
  return getEventListeners(signal, 'abort').length + sizes.reduce((sum, size) => sum + size, 0);
}

describe('abort signals of calls', () => {
  test('what depends on a signal is counted', () => {
    const { signal } = new AbortController();
    AbortSignal.any([signal]);
    expect(keptBy(signal)).toBeGreaterThan(0);
  });

  test.each(['inline', { maxThreads: 1 }] as const)('a long-lived signal keeps nothing of a call: %j', async (pool) => {
    await using host = await createHost({ pool });
    for (const extension of EXTENSIONS) await host.load(extension);
    const { signal } = new AbortController();
    for (let i = 0; i < 10; i++) {
      expect(await host.operation('op', {}, { signal })).toBe(1);
      expect((await host.fetch(new Request('http://h/e'), { signal })).status).toBe(200);
      await host.filter('x', {}, { signal });
      await host.action('x', {}, { signal });
    }
    expect(keptBy(signal)).toBe(0);
  });
});
