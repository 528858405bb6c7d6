import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';

import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { type Command, defineCommand } from '../command.js';
import { readConfig } from '../config/read-config.js';
import { openHost } from '../open-host.js';
import { FOLDER_ARGS } from '../settings.js';

/** Default folder of snapshots. */
const DEFAULT_FOLDER = '.sandglass/snapshots';

/** `sandglass snapshot <folder>`: evaluates extensions now, so that later starts need not. */
export const snapshotCommand: Command = defineCommand({
  name: 'snapshot',
  description: 'Evaluate the extensions of a folder and write their snapshots to disk',
  args: {
    folder: { type: 'positional', required: true, description: 'Folder of extensions, or one extension' },
    ...FOLDER_ARGS,
  },
  async run({ values, positionals: [folder] }, io) {
    const config = await readConfig(io, { ...values, extensions: folder });
    const snapshots = config.snapshots ?? resolve(io.cwd, DEFAULT_FOLDER);
    const failures: Error[] = [];
    {
      await using host = await openHost({ ...config, snapshots }, { onError: (error) => failures.push(error) });
      for (const { name, state } of host.extensions)
        io.stdout.write(`${state === 'ready' ? 'ok    ' : 'failed'} ${formatForTerminal(name)}\n`);
    }
    for (const { message } of failures) io.stderr.write(`${formatForTerminal(message)}\n`);
    const files = await readdir(snapshots).catch(() => []);
    io.stdout.write(
      `${files.length} ${files.length === 1 ? 'snapshot' : 'snapshots'} in ${formatForTerminal(snapshots)}\n`,
    );
    return failures.length === 0 && files.length > 0 ? 0 : 1;
  },
});
