import { resolve } from 'node:path';

import { isSandglassError } from '@sandglass/core';

import { buildFolder } from '../../authoring/build-folder.js';
import { type Command, defineCommand } from '../command.js';
import { printFailure } from '../dev/print-failure.js';
import { createStyle } from '../output/style.js';

/** `sandglass build [folder]`: bundles an author's source into what a host loads. */
export const buildCommand: Command = defineCommand({
  name: 'build',
  description: 'Bundle the sources of an extension, and the packages they import, into the files a host loads',
  args: {
    folder: { type: 'positional', required: false, description: 'Folder of the extension (this one by default)' },
  },
  async run({ positionals: [folder = '.'] }, io) {
    const path = resolve(io.cwd, folder);
    const style = createStyle(io.stderr, io.env);
    try {
      for (const { file, outfile, bytes } of await buildFolder(path))
        io.stdout.write(`${file} → ${outfile}, ${(bytes / 1024).toFixed(1)} KiB\n`);
      return 0;
    } catch (error) {
      if (!isSandglassError(error)) throw error;
      await printFailure(error, path, { output: io.stderr, style });
      return 1;
    }
  },
});
