import { relative, resolve } from 'node:path';

import { findDifferences } from '../../authoring/find-differences.js';
import { scanFolder, type SkippedFolder } from '../../extensions/scan-folder.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { type Command, defineCommand } from '../command.js';
import type { Config } from '../config/schema.js';
import { readConfig } from '../config/read-config.js';
import { isExtension } from '../open-host.js';
import { describeProblem } from '../output/inspection.js';
import { formatJson } from '../output/safe-json.js';
import { createStyle } from '../output/style.js';
import { FOLDER_ARGS } from '../settings.js';
import { inFiles, inspect } from './inspect.js';

/** The result for one extension of a Directus. */
interface Migration {
  folder: string;
  name?: string;
  /** Whether it runs here. */
  runs: boolean;
  notes: { severity: 'error' | 'warning' | 'info'; message: string }[];
}

/**
 * `sandglass migrate <folder>`: lists what behaves otherwise here than in Directus' own sandbox.
 */
export const migrateCommand: Command = defineCommand({
  name: 'migrate',
  description: 'Read the extensions of a Directus, and say of each what will differ here',
  args: {
    folder: { type: 'positional', required: true, description: 'Folder of extensions, or one extension' },
    json: { type: 'boolean', description: 'Print it all as JSON' },
    ...FOLDER_ARGS,
  },
  async run({ values, positionals: [folder] }, io) {
    const root = resolve(io.cwd, folder!); // required
    const config = await readConfig(io, values);
    const skipped: SkippedFolder[] = [];
    const folders = (await isExtension(root)) ? [root] : await scanFolder(root, config, (one) => skipped.push(one));
    const migrations: Migration[] = [];
    for (const one of folders) migrations.push(await look(one, root, config));
    for (const { folder: one, reason, isExtension: isOne } of skipped)
      if (isOne)
        migrations.push({
          folder: relative(root, one),
          runs: true,
          notes: [{ severity: 'info', message: `left to Directus: ${reason}` }],
        });
    if (values['json'] === true) io.stdout.write(`${formatJson(migrations)}\n`);
    else for (const line of describe(migrations, createStyle(io.stdout, io.env))) io.stdout.write(`${line}\n`);
    return migrations.every(({ runs }) => runs) ? 0 : 1;
  },
});

async function look(folder: string, root: string, config: Config): Promise<Migration> {
  const { authored, inspection } = await inspect(folder, config);
  const { manifest, problems } = inspection;
  const differences = authored ? inFiles(authored, findDifferences(authored.source)) : [];
  const notes: Migration['notes'] = [
    ...problems.map((one) => ({ severity: one.severity, message: describeProblem(one) })),
    ...differences.map((one) => ({ severity: 'info' as const, message: describeProblem(one) })),
  ];
  const runs = problems.every(({ severity }) => severity !== 'error');
  const name = manifest === undefined ? {} : { name: `${manifest.name} ${manifest.version}` };
  return { folder: relative(root, folder) || '.', ...name, runs, notes };
}

const COLOURS = { error: 'red', warning: 'yellow', info: 'gray' } as const;

function* describe(migrations: readonly Migration[], style: ReturnType<typeof createStyle>): Generator<string> {
  for (const { folder, name, runs, notes } of migrations) {
    const state = runs ? (notes.length === 0 ? 'runs as it is' : 'runs, see below') : 'does not run';
    yield `${formatForTerminal(name ?? folder)}: ${style(runs ? 'green' : 'red', state)}`;
    for (const { severity, message } of notes)
      yield `  ${style(COLOURS[severity], severity.padEnd(8))} ${formatForTerminal(message)}`;
  }
  const count = (isWanted: (one: Migration) => boolean): number => migrations.filter(isWanted).length;
  const clean = count(({ notes }) => notes.length === 0);
  const failing = count(({ runs }) => !runs);
  yield `${migrations.length} extensions: ${clean} run as they are, ${failing} do not run, ${migrations.length - clean - failing} have notes`;
}
