import type { ArgsDef, CommandDef } from 'citty';

import { type Args, readArgs } from './args.js';
import type { Io } from './io.js';

/** What {@link defineCommand} takes. */
export interface CommandDefinition {
  name: string;
  description: string;
  args: ArgsDef;
  /** @returns the exit code: 0, or 1 if what was asked for failed. */
  run(args: Args, io: Io): Promise<number>;
}

/** A command of the command line. citty shows how it is used; its arguments are read strictly. */
export interface Command {
  readonly citty: CommandDef;
  run(rawArgs: readonly string[], io: Io): Promise<number>;
}

/** Makes a command. */
export function defineCommand({ name, description, args, run }: CommandDefinition): Command {
  return {
    citty: { meta: { name: `sandglass ${name}`, description }, args },
    run: (rawArgs, io) => run(readArgs(rawArgs, args), io),
  };
}
