import { describe, expect, test } from 'vitest';

import { withCors } from './cors.js';
import { createService } from './service.js';
import { createFakeHost } from './testing/fake-host.js';

async function ask(
  origins: string[],
  { origin, method = 'GET', path = '/hello', credentials = false }: Record<string, string | boolean | undefined>,
): Promise<Record<string, string>> {
  const service = withCors(createService(createFakeHost()), { origins, credentials: credentials === true });
  const headers = new Headers(origin === undefined ? {} : { origin: String(origin) });
  if (method === 'OPTIONS') headers.set('access-control-request-method', 'POST');
  if (method === 'OPTIONS') headers.set('access-control-request-headers', 'x-a');
  const response = await service.fetch(
    new Request(`http://localhost${String(path)}`, { method: String(method), headers }),
  );
  const shown = [...response.headers].filter(([name]) => name.startsWith('access-') || name === 'vary');
  return Object.fromEntries([['status', String(response.status)], ...shown]);
}

describe('withCors', () => {
  test('a page of an origin that is named may call endpoints, others may not, and caches keep them apart', async () => {
    const named = ['https://app.test'];
    expect(await ask(named, { origin: 'https://app.test', credentials: true })).toEqual({
      status: '200',
      'access-control-allow-origin': 'https://app.test',
      'access-control-allow-credentials': 'true',
      vary: 'origin',
    });
    expect(await ask(named, { origin: 'https://evil.test' })).toEqual({ status: '200', vary: 'origin' });
    expect(await ask(named, {})).toEqual({ status: '200', vary: 'origin' });
    expect(await ask(named, { origin: 'https://app.test', path: '/_sandglass/health' })).toEqual({ status: '200' });
  });

  test('a preflight is answered without an endpoint', async () => {
    expect(await ask(['*'], { origin: 'https://any.test', method: 'OPTIONS' })).toEqual({
      status: '204',
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,HEAD,POST,PUT,PATCH,DELETE',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '18000',
    });
    expect(await ask(['https://app.test'], { origin: 'https://evil.test', method: 'OPTIONS' })).not.toHaveProperty(
      'access-control-allow-origin',
    );
  });

  test('credentials from every origin are refused', async () => {
    await expect(ask(['*'], { credentials: true })).rejects.toThrow(TypeError);
  });
});
