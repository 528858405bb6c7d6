import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { MockAgent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createHost, type Host } from '../../packages/host/src/host.js';
import type { LogEntry } from '../../packages/host/src/types.js';
import { type Case, type Exchange, PUBLISHED } from './cases.js';

/** What the upstream saw. */
interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: unknown;
}

const folderOf = (name: string): string => fileURLToPath(new URL('.', import.meta.resolve(`${name}/package.json`)));

/** What the upstream is to see: it may see more headers. */
function expectedOf({ method, url, headers, body }: Exchange): object {
  return { method, url, headers: expect.objectContaining(headers), ...(body === undefined ? {} : { body }) };
}

/** The result, or the error that the operation ends with. */
function expectedEnd({ result, error }: Case): unknown {
  if (error === undefined) return result;
  return expect.objectContaining({
    code: 'E_GUEST',
    message: error,
    cause: expect.objectContaining({ message: error }),
  });
}

describe.each([
  ['inline', 'pristine'],
  ['inline', 'persistent'],
  ['threads', 'pristine'],
  ['threads', 'persistent'],
] as const)('%s, %s', (pool, isolation) => {
  const upstream = new MockAgent();
  const logs: LogEntry[] = [];
  let host: Host;

  beforeAll(async () => {
    upstream.disableNetConnect();
    host = await createHost({
      pool: pool === 'inline' ? 'inline' : { maxThreads: 1 },
      isolation,
      request: { dispatcher: upstream },
      onLog: (entry) => void logs.push(entry),
    });
    for (const { package: name } of PUBLISHED) await host.load(folderOf(name));
  });
  afterAll(async () => {
    await host.close();
    await upstream.close();
  });

  /** Scripts the upstream; what it sees ends up in the list. */
  function script(exchanges: readonly Exchange[]): Seen[] {
    const seen: Seen[] = [];
    for (const { method, url, answer } of exchanges) {
      const { origin, pathname, search } = new URL(url);
      upstream
        .get(origin)
        .intercept({ path: pathname + search, method })
        .reply(({ headers, body }) => {
          const text = typeof body === 'string' ? { body: JSON.parse(body) as unknown } : {};
          // request headers have one value each
          seen.push({ method, url, headers: headers as Record<string, string>, ...text });
          return {
            statusCode: answer.status,
            data: answer.body as object,
            responseOptions: { headers: { 'content-type': 'application/json' } },
          };
        });
    }
    return seen;
  }

  const cases = PUBLISHED.flatMap(({ package: name, id, cases }) =>
    cases.map((each) => [name, each.title, id, each] as const),
  );

  test.each(cases)('%s | %s', async (_, __, id, each) => {
    const { options, exchanges = [], logs: logged = [] } = each;
    const before = logs.length;
    const seen = script(exchanges);
    const ended = await host.operation(id, options).catch((thrown: unknown) => thrown);
    expect(ended).toEqual(expectedEnd(each));
    expect(seen).toEqual(exchanges.map(expectedOf));
    expect(logs.slice(before).map(({ message }) => message)).toEqual(logged);
    upstream.assertNoPendingInterceptors();
  });

  test('the bytes that run are those of the packages', () => {
    for (const { package: name } of PUBLISHED) {
      const shipped = createHash('sha256')
        .update(readFileSync(`${folderOf(name)}dist/api.js`, 'utf8'))
        .digest('hex');
      expect(host.extensions.find((extension) => extension.name === name)).toMatchObject({
        state: 'ready',
        sourceHash: shipped,
        isolation,
      });
    }
  });
});
