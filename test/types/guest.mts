// Compiled, never run: what an extension's author may write, and under `@ts-expect-error` what the types refuse.
/// <reference types="@sandglass/core/guest" />
import { log, request, sleep } from 'directus:api';
import type { RequestError, SandboxEndpoint, SandboxEndpointRouter, SandboxHook, SandboxOperation } from 'directus:api';

export const endpoint: SandboxEndpoint = (router) => {
  router.get('/', () => ({ status: 200 }));
  router.post('/:id', async ({ url, headers, body }) => {
    log(`${url.length} ${String(headers['accept'])} ${body.name}`);
    await sleep(10);
    return { status: 201, body: { ok: true }, headers: { etag: '"1"' } };
  });
  // @ts-expect-error a response has a status
  router.put('/', () => ({ body: 'x' }));
  // @ts-expect-error a path is a string
  router.patch(/x/, () => ({ status: 200 }));
  // @ts-expect-error there is no such method
  router.options('/', () => ({ status: 200 }));
};

export function viaRouter(router: SandboxEndpointRouter): void {
  router.delete('/x', async () => ({ status: 204 }));
}

export const hook: SandboxHook = ({ filter, action }) => {
  filter('items.create', (payload: { title: string }) => ({ ...payload, title: payload.title.trim() }));
  action('*.items.create', async (meta) => log(meta.event));
  // @ts-expect-error a handler is a function
  action('items.create', 'handler');
};

export const operation: SandboxOperation<{ text: string }> = {
  id: 'shout',
  handler: async ({ text }) => {
    const { data, status } = await request<{ loud: string }>('https://example.com', { method: 'POST', body: { text } });
    return { loud: data.loud, status };
  },
};

export async function misuse(): Promise<void> {
  // @ts-expect-error a message is a string
  log(5);
  // @ts-expect-error a time is a number
  await sleep('5');
  // @ts-expect-error methods are upper-case
  await request('https://example.com', { method: 'post' });
  // @ts-expect-error the data is unknown until the author says what it is
  log((await request('https://example.com')).data.x);
}

export function status(error: RequestError): number {
  return (JSON.parse(error.response) as { status: number }).status + error.status;
}

// @ts-expect-error a sandbox has no timers
setTimeout(() => {}, 1);
// @ts-expect-error nor does the module have anything else
import { fetch } from 'directus:api';
export { fetch };
