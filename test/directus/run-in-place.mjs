// `pnpm test:directus:in-place`: a Directus whose sandbox is replaced, beside its own: scripts of
// flows, items, switches and reloads, and what ends a Directus. On the newest 11 and 12 that are
// known; `--version` for another, such as `latest`. `--install folder` takes one that is there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startDirectus } from './directus.mjs';
import { writeExtension } from './extensions.mjs';
import { installDirectus, PINNED } from './install-directus.mjs';
import { checkItems, ITEMS_ENV, ITEMS_EXTENSIONS } from './items.mjs';
import { KILLER_EXTENSION, tryKillers } from './killers.mjs';
import { startInPlace } from './in-place.mjs';
import { checkOperator, OPERATOR_EXTENSION } from './operator.mjs';
import { compareScripts, SCRIPT_ENV } from './scripts.mjs';

const { values } = parseArgs({ options: { version: { type: 'string' }, install: { type: 'string' } } });

let failures = 0;
for (const version of values.version ? [values.version] : PINNED) {
  console.log(`\n# Directus ${version}`);
  await runOn(values.install ?? (await installDirectus(version)));
}
process.exitCode = failures > 0 ? 1 : 0;

async function runOn(install) {
  const extensions = await mkdtemp(join(tmpdir(), 'sandglass-extensions-'));
  const env = { ...SCRIPT_ENV, ...ITEMS_ENV, LOG_LEVEL: 'info' };
  const sides = [];
  const start = async (begin) => {
    const side = await begin({ install, extensions, env });
    sides.push(side);
    return side;
  };
  try {
    for (const one of [...ITEMS_EXTENSIONS, KILLER_EXTENSION, OPERATOR_EXTENSION])
      await writeExtension(join(extensions, one.name), one);
    const inPlace = await start(startInPlace);
    tell('items', await checkItems(inPlace));
    tell('operator', await checkOperator(inPlace, join(extensions, OPERATOR_EXTENSION.name)));
    // its own sandbox refuses what imports `sandglass:items`, and goes on
    const own = await start(startDirectus);
    tell('scripts', await compareScripts([own, inPlace]));
    tell('killers', await tryKillers({ inPlace, startOwn: () => start(startDirectus) }));
  } finally {
    for (const side of sides) await side.close();
    await rm(extensions, { recursive: true, force: true });
  }
}

function tell(part, wrong) {
  failures += wrong.length;
  console.log(`${part}: ${wrong.length === 0 ? 'as expected' : `${wrong.length} not as expected`}`);
  for (const line of wrong) console.log(`  ${line}`);
}
