/** Runs every case on both sides, one after the other, and says what is the same. */
import { isDeepStrictEqual } from 'node:util';

import { ENDPOINTS } from './cases/endpoints.mjs';
import { HOOKS } from './cases/hooks.mjs';
import { PROBES } from './cases/probe.mjs';

/** Headers of a request that name the client or the connection, and nothing of the guest's. */
const CLIENT_HEADERS = ['host', 'connection', 'user-agent', 'accept', 'accept-encoding', 'traceparent'];
/** Headers of an answer that say something about its content. */
const CONTENT_HEADERS = ['content-type', 'allow', 'location', 'etag'];

/** @returns what each case came to: `{ group, title, values: { [side]: outcome } }` */
export async function runAll(sides, { upstream, tlsUpstream, published, built }) {
  const rows = [];
  for (const each of PROBES) rows.push(await both(each, sides, (side) => runProbe(side, each, upstream)));
  const named = [
    ...published.map(({ package: name, ...rest }) => ({ ...rest, name, group: 'published' })),
    ...built.map(({ folder, ...rest }) => ({ ...rest, name: folder, group: 'built' })),
  ];
  for (const { group, name, id, cases } of named) {
    for (const each of cases) {
      const row = { group, title: `${name} | ${each.title}` };
      rows.push(await both(row, sides, (side) => runPublished(side, id, each, tlsUpstream)));
    }
  }
  for (const each of ENDPOINTS) rows.push(await both(each, sides, (side) => runEndpoint(side, each)));
  for (const each of HOOKS) rows.push(await both(each, sides, (side) => side.filter(each.item)));
  return rows;
}

async function both({ group, title }, sides, run) {
  const values = {};
  for (const side of sides) values[side.name] = plain(await run(side).catch((error) => ({ failed: error.message })));
  return { group, title, values };
}

async function runProbe(side, { body, settleMs }, upstream) {
  upstream.seen();
  const outcome = await side.operation('probe', { input: { body, upstream: upstream.origin } });
  if (settleMs) await new Promise((resolve) => setTimeout(resolve, settleMs));
  const seen = upstream
    .seen()
    .map(({ method, url, body, headers }) => ({ method, url, body, headers: without(headers, CLIENT_HEADERS) }));
  if (settleMs) seen.sort((a, b) => (a.url < b.url ? -1 : 1));
  return { ...outcome, seen };
}

async function runPublished(side, id, { options, exchanges = [] }, upstream) {
  upstream.seen();
  upstream.script(exchanges.map(({ answer }) => answer));
  return { ...(await side.operation(id, options)), seen: upstream.seen() };
}

async function runEndpoint(side, { path, init }) {
  const response = await side.endpoint(path, { redirect: 'manual', ...init });
  const headers = Object.fromEntries(CONTENT_HEADERS.map((name) => [name, response.headers.get(name) ?? undefined]));
  // A tag is used for what is read, and its hash is each side's own.
  const isRead = ['GET', 'HEAD'].includes(init.method ?? 'GET') && response.ok;
  headers.etag = isRead && headers.etag ? 'a tag' : undefined;
  const text = await response.text();
  return { status: response.status, headers, body: text };
}

function without(headers, names) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

/** The id of a request in the body of a 500, which Directus does not have: text in a text. */
const REQUEST_ID = /,\\"requestId\\":\\"[\da-f-]{36}\\"/g;

/** As JSON says it, with the port of the upstream and ids of requests taken out. */
function plain(value) {
  const text = JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
  return JSON.parse(text.replaceAll(REQUEST_ID, ''));
}

/**
 * Sorts rows into `same`, `documented` and `different`.
 *
 * @param documented `[{ group, title, why }]`: patterns of what is meant to differ, and the
 *   sentence of the docs
 */
export function judge(rows, documented, [one, other] = ['directus', 'sandglass']) {
  const used = new Set();
  const judged = rows.map((row) => {
    if (isDeepStrictEqual(row.values[one], row.values[other])) return { ...row, verdict: 'same' };
    const why = documented.find(
      ({ group, title }) => new RegExp(group).test(row.group) && new RegExp(title, 's').test(row.title),
    );
    if (why) used.add(why);
    return { ...row, verdict: why ? 'documented' : 'different', why: why?.why };
  });
  return { judged, unused: documented.filter((entry) => !used.has(entry)) };
}

/** A table of verdicts by group, and each difference that nobody has written down. */
export function report({ judged, unused }) {
  const groups = Map.groupBy ? Map.groupBy(judged, ({ group }) => group) : groupBy(judged);
  const lines = [['group', 'cases', 'same', 'documented', 'different'].join('\t')];
  for (const [group, rows] of [...groups, ['all', judged]]) {
    const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
    lines.push([group.padEnd(15), rows.length, count('same'), count('documented'), count('different')].join('\t'));
  }
  for (const { group, title, values } of judged.filter(({ verdict }) => verdict === 'different')) {
    lines.push(
      '',
      `${group} | ${title}`,
      ...Object.entries(values).map(([side, value]) => `  ${side}: ${JSON.stringify(value)}`),
    );
  }
  for (const { group, title } of unused) lines.push('', `no case differs as written down: ${group} | ${title}`);
  return lines.join('\n');
}

function groupBy(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return groups;
}
