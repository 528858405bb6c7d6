import { defineCapability } from '@sandglass/host';
import * as z from 'zod/mini';

import { type Case, type CaseEnd, operation, source } from './case.js';

/** Every way in which these may fail is a guest's. */
const ENDS: readonly CaseEnd[] = ['ok', 'E_QUOTA', 'E_CLONE', 'E_GUEST', 'E_SCOPE', 'E_MEMORY', 'E_CPU'];
const argument = ({ upstream }: { upstream: string }): string => upstream;
const allow = { request: { allowAddresses: ['127.0.0.1'] } };

/**
 * A guest that requests something. @param code makes `url`, `init` and `times` differ from a plain
 * request
 */
const asking = (code: string): Case =>
  operation(
    `async (base) => {
      let url = base, init = { method: 'POST' }, times = 1;
      ${code}
      await Promise.all(Array.from({ length: times }, () => request(url, init).then(() => 1, (e) => e.message)));
    }`,
    { argument, options: allow, ends: ENDS },
  );

/** The same list thirty times over in each other, and the most values that are written. */
const DAG = 'let b = { v: 1 }; for (let i = 0; i < 30; i++) b = { l: b, r: b };';
const MOST = "const b = {}; for (let i = 0; i < 32000; i++) b['key' + i] = [i, 'ü'];";
const FORM = "init.headers = { 'content-type': 'application/x-www-form-urlencoded' };";
const MULTIPART = "init.headers = { 'content-type': 'multipart/form-data' };";

/** What guests make the host send, and what upstreams answer. */
export const REQUESTS: Record<string, Case> = {
  'request: a body shared thirty times over, JSON': asking(`${DAG} init.body = b;`),
  'request: a body shared thirty times over, urlencoded': asking(`${DAG} ${FORM} init.body = b;`),
  'request: a body shared thirty times over, multipart': asking(`${DAG} ${MULTIPART} init.body = b;`),
  'request: a body of 14 levels and 1,000 characters': asking(
    "let b = 'x'.repeat(1000); for (let i = 0; i < 14; i++) b = { l: b, r: b }; init.body = b;",
  ),
  'request: the largest body, JSON': asking(`${MOST} init.body = b;`),
  'request: the largest body, urlencoded': asking(`${MOST} ${FORM} init.body = b;`),
  'request: the largest body, multipart': asking(`${MOST} ${MULTIPART} init.body = b;`),
  'request: a body of 8 MiB of text': asking("init.body = '\\u00fc'.repeat(2 ** 22);"),
  'request: 100,000 headers': asking(
    "init.headers = {}; for (let i = 0; i < 100000; i++) init.headers['x-' + i] = 'v';",
  ),
  'request: 100 headers, 16 KiB': asking(
    "init.headers = {}; for (let i = 0; i < 100; i++) init.headers['x-' + i] = 'v'.repeat(150);",
  ),
  'request: 1,000 at once': asking('times = 1000;'),
  'request: 1,000 denied at once, URLs of 8 KiB': asking(
    "times = 1000; url = 'https://denied.test/' + 'x'.repeat(8000);",
  ),
  'responses: 30 of 5 MiB of nested JSON together': asking("times = 30; url += 'nested';"),
  'responses: three of 10 MiB of text': asking("times = 3; url += 'long';"),
  'responses: 100 of 400 headers': asking("times = 100; url += 'headers';"),
};

const record = defineCapability({
  name: 'record',
  scope: z.unknown(),
  args: z.tuple([z.record(z.string(), z.array(z.union([z.number(), z.string()])))]),
  handler: () => null,
});

/** A guest that gives values to a host's own capability. */
const giving = (code: string): Case => ({
  options: { capabilities: [record] },
  ends: ENDS,
  async open({ host }) {
    const { manifest, source: given } = source(
      'operation',
      `import { record } from 'directus:api';
      export default { id: 'bench', handler: async () => { ${code} await record(v); } };`,
    );
    await host.load({ manifest: withScope(manifest), source: given });
    return () => () => host.operation('bench');
  },
});

function withScope(manifest: unknown): unknown {
  const text = JSON.stringify(manifest);
  return JSON.parse(text.replace('"requestedScopes":{', '"requestedScopes":{"record":{},'));
}

/** What guests hand to capabilities. */
export const ARGUMENTS: Record<string, Case> = {
  'capability: a graph shared thirty times over': giving(
    'let v = [1]; for (let i = 0; i < 30; i++) v = { l: v, r: v };',
  ),
  'capability: the most values that a schema sees': giving(
    'const v = {}; for (let i = 0; i < 10900; i++) v["key" + i] = [i, "v"];',
  ),
  'capability: 260,000 values, refused': giving('const v = []; for (let i = 0; i < 260000; i++) v.push(i);'),
  'capability: 60,000 properties, refused': giving('const v = {}; for (let i = 0; i < 60000; i++) v["key" + i] = i;'),
  'capability: a string of 8 Mi characters': giving('const v = { k: ["\\u0001".repeat(2 ** 22)] };'),
  'capability: 4,000 calls at once': giving(
    'const v = {}; await Promise.all(Array.from({ length: 4000 }, () => record({ k: [1] })));',
  ),
  'log: 10,000 lines': operation("() => { for (let i = 0; i < 10000; i++) log('line ' + i); }"),
  'log: a line of 1 MiB of control characters': operation("() => log('\\u001b'.repeat(1000000))", { ends: ENDS }),
  'log: 200 lines of 5 KB, ten guests at once': operation(
    "() => { for (let i = 0; i < 200; i++) log('l'.repeat(5000)); }",
    { times: 10 },
  ),
  'hooks: 1,000 calls at once, told to onCall': {
    ...operation('() => 1', { times: 1_000, options: { onCall: () => {} } }),
  },
  'hooks: 1,000 denied requests, told to onAudit': {
    ...asking("times = 1000; url = 'https://denied.test/' + 'x'.repeat(8000);"),
    options: { ...allow, onAudit: () => {} },
  },
  'hooks: 300 handlers fail at once, told to onError': {
    options: { onError: () => {} },
    async open({ host }) {
      const code =
        "export default ({ action }) => { for (let i = 0; i < 300; i++) action('bench', () => { throw new Error('no'); }); };";
      await host.load(source('hook', code));
      return () => () => host.action('bench', {});
    },
  },
};
