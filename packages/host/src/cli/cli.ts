import { isSandglassError, suggest } from '@sandglass/core';

import { formatForTerminal } from '../capabilities/log/terminal.js';
import type { Command } from './command.js';
import { buildCommand } from './commands/build.js';
import { createCompletionCommand } from './commands/completion.js';
import { devCommand } from './commands/dev.js';
import { doctorCommand } from './commands/doctor.js';
import { fleetCommand } from './commands/fleet.js';
import { initCommand } from './commands/init.js';
import { inspectCommand } from './commands/inspect.js';
import { migrateCommand } from './commands/migrate.js';
import { runCommand } from './commands/run.js';
import { runnerCommand } from './commands/runner.js';
import { serveCommand } from './commands/serve.js';
import { snapshotCommand } from './commands/snapshot.js';
import { renderCommands, renderHelp } from './help.js';
import type { Io } from './io.js';
import { createStyle } from './output/style.js';
import { formatThrown } from './output/thrown.js';
import { UsageError } from './usage-error.js';
import { readVersion } from './version.js';

/** Every command, by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  dev: devCommand,
  run: runCommand,
  inspect: inspectCommand,
  migrate: migrateCommand,
  build: buildCommand,
  snapshot: snapshotCommand,
  init: initCommand,
  doctor: doctorCommand,
  fleet: fleetCommand,
  runner: runnerCommand,
  completion: createCompletionCommand(() => Object.values(COMMANDS)),
};

/**
 * Runs the command line.
 *
 * @param argv without the program's own name.
 * @returns the exit code: 0, 1 if what was asked for failed, 2 for a mistake in how it was asked.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const [first = '--help', ...rest] = argv;
  const isHelp = HELP.has(first) || rest.some((word) => word === '--help' || word === '-h');
  const name = HELP.has(first) ? rest[0] : first;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const style = createStyle(io.stdout, io.env);
  try {
    if (first === '--version' || first === '-v') return print(io, readVersion());
    if (name === undefined) {
      print(io, renderCommands(Object.values(COMMANDS), readVersion(), style));
      return argv.length === 0 ? 2 : 0;
    }
    if (!command) throw unknownCommand(name);
    return isHelp ? print(io, renderHelp(command, style)) : await command.run(rest, io);
  } catch (error) {
    return report(io, error, command ? `sandglass ${name}` : 'sandglass');
  }
}

const HELP: ReadonlySet<string> = new Set(['--help', '-h', 'help']);

function unknownCommand(name: string): UsageError {
  const meant = suggest(name, Object.keys(COMMANDS));
  return new UsageError(`Unknown command "${name}"${meant === undefined ? '' : `. Did you mean "${meant}"?`}`);
}

function print(io: Io, text: string): number {
  io.stdout.write(`${text}\n`);
  return 0;
}

function report(io: Io, error: unknown, program: string): number {
  if (error instanceof UsageError) {
    const hint = error.isAboutWords ? `Run "${program} --help" for how to use it.\n` : '';
    io.stderr.write(`${program}: ${error.message.split('\n').map(formatForTerminal).join('\n')}\n${hint}`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = isSandglassError(error) ? ` (${error.code})` : '';
  io.stderr.write(`${program}: ${formatForTerminal(message)}${code}\n`);
  if (isSandglassError(error)) io.stderr.write(formatThrown(error));
  return 1;
}
