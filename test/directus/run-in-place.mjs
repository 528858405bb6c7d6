// `pnpm test:directus:in-place`: a Directus whose sandbox is replaced, beside its own: scripts of
// flows, items, switches and reloads, the status page, what ends a Directus; and one with a bundle
// of the extensions. On the newest 11 and 12 that are known; `--newest` for those that the
// registry has, `--version` for another. `--install folder` takes one that is there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startBundled } from './bundled.mjs';
import { startDirectus } from './directus.mjs';
import { writeExtension } from './extensions.mjs';
import { installDirectus, newestVersions, PINNED } from './install-directus.mjs';
import { checkItems, ITEMS_ENV, ITEMS_EXTENSIONS } from './items.mjs';
import { KILLER_EXTENSION, tryKillers } from './killers.mjs';
import { startInPlace } from './in-place.mjs';
import { checkInstances, startRedis } from './instances.mjs';
import { checkMarketplace, startRegistry } from './marketplace.mjs';
import { checkOperator, OPERATOR_EXTENSION } from './operator.mjs';
import { compareScripts, SCRIPT_ENV } from './scripts.mjs';
import { checkStatus, STATUS_ENV } from './status.mjs';

const { values } = parseArgs({
  options: { version: { type: 'string' }, newest: { type: 'boolean' }, install: { type: 'string' } },
});

let failures = 0;
const versions = values.version ? [values.version] : values.newest ? await newestVersions() : PINNED;
for (const version of versions) {
  console.log(`\n# Directus ${version}`);
  await runOn(values.install ?? (await installDirectus(version)));
}
process.exitCode = failures > 0 ? 1 : 0;

async function runOn(install) {
  const extensions = await mkdtemp(join(tmpdir(), 'sandglass-extensions-'));
  const registry = await startRegistry();
  const redis = await startRedis();
  const env = { ...registry.env, ...SCRIPT_ENV, ...ITEMS_ENV, ...STATUS_ENV, LOG_LEVEL: 'info' };
  const sides = [];
  const start = async (begin, more = {}) => {
    const side = await begin({ install, extensions, ...more, env: { ...env, ...more.env } });
    sides.push(side);
    return side;
  };
  try {
    for (const one of [...ITEMS_EXTENSIONS, KILLER_EXTENSION, OPERATOR_EXTENSION])
      await writeExtension(join(extensions, one.name), one);
    const inPlace = await start(startInPlace);
    tell('items', await checkItems(inPlace));
    tell('operator', await checkOperator(inPlace, join(extensions, OPERATOR_EXTENSION.name)));
    tell('status page', await checkStatus(inPlace));
    // as it was
    await writeExtension(join(extensions, OPERATOR_EXTENSION.name), OPERATOR_EXTENSION);
    tell('marketplace', await checkMarketplace(inPlace));
    if (redis) {
      const first = await start(startInPlace, { env: redis.env });
      const second = await start(startInPlace, { env: redis.env, beside: first });
      tell('two instances', await checkInstances([first, second]));
      await second.close();
      await first.close();
    } else console.log('two instances: not run, there is no redis-server');
    const bundled = await start(startBundled);
    tell('items, bundled', await checkItems(bundled));
    tell(
      'operator, bundled',
      await checkOperator(bundled, join(bundled.bundle, 'extensions', OPERATOR_EXTENSION.name)),
    );
    tell('status page, bundled', await checkStatus(bundled));
    await bundled.close();
    // its own sandbox refuses what imports `sandglass:items`, and goes on
    const own = await start(startDirectus);
    tell('scripts', await compareScripts([own, inPlace]));
    tell('killers', await tryKillers({ inPlace, startOwn: () => start(startDirectus) }));
  } finally {
    for (const side of sides) await side.close();
    await registry.close();
    redis?.close();
    await rm(extensions, { recursive: true, force: true });
  }
}

function tell(part, wrong) {
  failures += wrong.length;
  console.log(`${part}: ${wrong.length === 0 ? 'as expected' : `${wrong.length} not as expected`}`);
  for (const line of wrong) console.log(`  ${line}`);
}
