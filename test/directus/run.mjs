// `pnpm test:directus`: the same extensions on a real Directus, here, in a Directus whose sandbox
// is replaced, and in one with a bundle of them, with one upstream.
// Installs Directus into the cache first (isolated-vm compiles for about two minutes). Exits 1 if
// anything differs that differences.json does not name. `--json file` keeps all outcomes,
// `--install folder` takes a Directus that is there,
// `--sources url` another repository with the extensions that are built.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { buildExtensions } from './build-extensions.mjs';
import { BUNDLED, startBundled } from './bundled.mjs';
import { BUILT } from './cases/built.mjs';
import { readPublished } from './cases/published.mjs';
import { judge, report, runAll } from './compare.mjs';
import { startDirectus } from './directus.mjs';
import { installDirectus, PINNED } from './install-directus.mjs';
import { IN_PLACE, startInPlace } from './in-place.mjs';
import { writeExtensions } from './extensions.mjs';
import { startSandglass } from './sandglass.mjs';
import { startTlsUpstream } from './tls-upstream.mjs';
import { startUpstream } from './upstream.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    install: { type: 'string' },
    sources: { type: 'string' },
    version: { type: 'string', default: PINNED.at(-1) },
  },
});

const folder = values.install ?? (await installDirectus(values.version));
const extensions = await mkdtemp(join(tmpdir(), 'sandglass-extensions-'));
const published = await readPublished();
const hosts = published.flatMap(({ cases }) =>
  cases.flatMap(({ exchanges = [] }) => exchanges.map(({ url }) => new URL(url).hostname)),
);
hosts.push(...BUILT.map(({ host }) => host));
const upstream = await startUpstream();
const tlsUpstream = await startTlsUpstream([...new Set(hosts)]);
// Both sides find the upstream in the same way.
Object.assign(process.env, tlsUpstream.env);
const redirect = fileURLToPath(new URL('redirect.cjs', import.meta.url));
createRequire(import.meta.url)(redirect);
const sides = [];
try {
  await writeExtensions(
    extensions,
    published.map(({ package: name }) => name),
    import.meta.url,
  );
  await buildExtensions(extensions, values.sources);
  const env = { ...tlsUpstream.env, NODE_OPTIONS: `--require ${redirect}` };
  sides.push(await startDirectus({ install: folder, extensions, env }));
  sides.push(await startSandglass({ extensions }));
  sides.push(await startInPlace({ install: folder, extensions, env }));
  sides.push(await startBundled({ install: folder, extensions, env }));
  const rows = await runAll(sides, { upstream, tlsUpstream, published, built: BUILT });
  if (values.json) await writeFile(values.json, JSON.stringify(rows, undefined, 2));
  const documented = JSON.parse(await readFile(new URL('differences.json', import.meta.url), 'utf8'));
  const names = ['sandglass', IN_PLACE, BUNDLED];
  const verdicts = names.map((side) => judge(rows, documented, ['directus', side]));
  for (const [i, verdict] of verdicts.entries()) console.log(`directus and ${names[i]}\n${report(verdict)}\n`);
  process.exitCode = verdicts.some(({ judged }) => judged.some((row) => row.verdict === 'different')) ? 1 : 0;
} finally {
  for (const side of sides) await side.close();
  await upstream.close();
  await tlsUpstream.close();
  await rm(extensions, { recursive: true, force: true });
}
