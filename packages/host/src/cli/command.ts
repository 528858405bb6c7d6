import type { ArgsDefinition } from './arg-definition.js';
import { type Args, readArgs } from './args.js';
import type { Io } from './io.js';

/** What {@link defineCommand} takes. */
export interface CommandDefinition {
  name: string;
  description: string;
  args: ArgsDefinition;
  /** Command lines that work, for the help. */
  examples?: readonly string[];
  /** @returns the exit code: 0, or 1 if what was asked for failed. */
  run(args: Args, io: Io): Promise<number>;
}

/** A command of the command line. Its arguments are read strictly. */
export interface Command extends Omit<CommandDefinition, 'run'> {
  run(rawArgs: readonly string[], io: Io): Promise<number>;
}

/** Makes a command. */
export function defineCommand({ run, ...definition }: CommandDefinition): Command {
  return { ...definition, run: async (rawArgs, io) => run(readArgs(rawArgs, definition.args), io) };
}
