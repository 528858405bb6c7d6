import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { createHost, type Host, type LogEntry } from '@sandglass/host';
import { describe, expect, onTestFinished, test } from 'vitest';

const EXAMPLES = new URL('../../examples/', import.meta.url);

async function openHost(onLog: (entry: LogEntry) => void = () => {}): Promise<Host> {
  const host = await createHost({ extensions: fileURLToPath(new URL('extensions', EXAMPLES)), onLog });
  onTestFinished(() => host.close());
  return host;
}

/** Every framework's app, as a listener of Node's own server. */
async function listener(name: string, host: Host): Promise<RequestListener> {
  const { createApp } = (await import(new URL(`hosts/${name}.mjs`, EXAMPLES).href)) as {
    createApp: (host: Host) => unknown;
  };
  const app = createApp(host);
  if (name === 'fastify') {
    const fastify = app as { ready(): Promise<void>; routing: RequestListener; close(): Promise<void> };
    await fastify.ready();
    onTestFinished(() => fastify.close());
    return fastify.routing;
  }
  if (name === 'hono') {
    const { toNodeHandler } = (await import('srvx/node')) as { toNodeHandler: (fetch: unknown) => RequestListener };
    return toNodeHandler((app as { fetch: unknown }).fetch);
  }
  return app as RequestListener;
}

async function listen(handler: RequestListener): Promise<string> {
  const server: Server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Created {
  key: number;
  flows: object[];
}
interface ItemsService {
  create(collection: string, payload: object): Promise<Created>;
  read(collection: string, key: number): unknown;
}

async function openItems(): Promise<{ items: ItemsService; lines: string[] }> {
  const lines: string[] = [];
  const host = await openHost(({ message }) => lines.push(message));
  const { ItemsService } = (await import(new URL('hosts/directus-shaped.mjs', EXAMPLES).href)) as {
    ItemsService: new (host: Host, flows: object[]) => ItemsService;
  };
  const steps = [
    {
      operation: 'shout',
      options: ({ $trigger }: { $trigger: { payload: { title: string } } }) => ({ text: $trigger.payload.title }),
    },
  ];
  const flows = [
    { trigger: 'articles.items.create', steps },
    { trigger: 'articles.items.create', steps: [{ operation: 'nobody', options: () => ({}) }] },
    { trigger: 'pages.items.create', steps },
  ];
  return { items: new ItemsService(host, flows), lines };
}

describe('host examples', () => {
  test.each(['express', 'fastify', 'hono'])('%s serves extensions beside its own routes', async (name) => {
    const url = await listen(await listener(name, await openHost()));
    expect(await (await fetch(url)).text()).toBe('The application itself');
    expect(await (await fetch(`${url}/extensions/hello-endpoint`)).json()).toEqual({ hello: 'world', visits: 1 });
    const echo = await fetch(`${url}/extensions/hello-endpoint/echo?a=1`, {
      method: 'POST',
      body: '{"b":2}',
      headers: { 'content-type': 'application/json' },
    });
    expect([echo.status, await echo.json()]).toEqual([201, { url: '/echo?a=1', body: { b: 2 } }]);
    expect((await fetch(`${url}/extensions/nobody`)).status).toBe(404);
  });

  test.each(['express', 'fastify'])('%s may have read the body before, in any coding', async (name) => {
    const url = `${await listen(await listener(name, await openHost()))}/extensions/hello-endpoint/echo`;
    const post = async (body: BodyInit, headers: Record<string, string>): Promise<unknown> => {
      const answer = await fetch(url, { method: 'POST', body, headers });
      return [answer.status, await answer.json()];
    };
    const json = { 'content-type': 'application/json' };
    const inflated = { url: '/echo', body: { text: 'grüße' } };
    const text = JSON.stringify(inflated.body);
    expect(await post(gzipSync(text), { ...json, 'content-encoding': 'gzip' })).toEqual([201, inflated]);
    expect(await post(Buffer.from(text, 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' })).toEqual([
      201,
      inflated,
    ]);
    expect(await post('<a/>', { 'content-type': 'text/xml' })).toEqual([201, { url: '/echo', body: {} }]);
  });

  test('a host in the shape of Directus runs filters, actions and flows', async () => {
    const { items, lines } = await openItems();
    const { key, flows } = await items.create('articles', { title: '  News ' });
    expect(items.read('articles', key)).toEqual({ title: 'News' });
    expect(flows).toEqual([{ resolved: { text: 'NEWS!' } }, { rejected: 'E_NOT_FOUND' }]);
    expect(lines).toContain('articles.items.create: 1 was created');
  });

  test('a filter of an extension refuses an item', async () => {
    const { items } = await openItems();
    await expect(items.create('articles', {})).rejects.toMatchObject({
      code: 'E_GUEST',
      message: 'An item needs a title',
    });
    expect(items.read('articles', 1)).toBeUndefined();
  });
});
