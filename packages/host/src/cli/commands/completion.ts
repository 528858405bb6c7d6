import { suggest } from '@sandglass/core';

import { type Command, defineCommand } from '../command.js';
import { renderCompletion, SHELLS } from '../completion.js';
import { UsageError } from '../usage-error.js';

/** `sandglass completion <shell>`. @param list every command, this one too; asked when it runs. */
export function createCompletionCommand(list: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    description: 'Print the script that completes commands and flags in a shell',
    args: { shell: { type: 'positional', required: true, description: SHELLS.join(', ') } },
    examples: ['source <(sandglass completion bash)'],
    async run({ positionals: [given] }, io) {
      const shell = SHELLS.find((one) => one === given);
      if (!shell) {
        const meant = suggest(given!, SHELLS); // required
        throw new UsageError(
          `<shell> has to be one of ${SHELLS.join(', ')}, not "${given}"${meant ? `. Did you mean "${meant}"?` : ''}`,
        );
      }
      io.stdout.write(`${renderCompletion(shell, list())}\n`);
      return 0;
    },
  });
}
