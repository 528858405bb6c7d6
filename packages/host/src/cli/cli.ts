import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

import { isSandglassError } from '@sandglass/core';
import { type CommandDef, renderUsage } from 'citty';

import { formatForTerminal } from '../capabilities/log/terminal.js';
import type { Command } from './command.js';
import { buildCommand } from './commands/build.js';
import { devCommand } from './commands/dev.js';
import { initCommand } from './commands/init.js';
import { inspectCommand } from './commands/inspect.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { snapshotCommand } from './commands/snapshot.js';
import type { Io } from './io.js';
import { formatThrown } from './output/thrown.js';
import { UsageError } from './usage-error.js';

/** Every command, by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  dev: devCommand,
  run: runCommand,
  inspect: inspectCommand,
  build: buildCommand,
  snapshot: snapshotCommand,
  init: initCommand,
};

/**
 * Runs the command line.
 *
 * @param argv without the program's own name.
 * @returns the exit code: 0, 1 if what was asked for failed, 2 for a mistake in how it was asked.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const [name = '--help', ...rest] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (name === '--version' || name === '-v') return print(io, readVersion());
    if (name === '--help' || name === '-h' || name === 'help') {
      await showUsage(io, root());
      return argv.length === 0 ? 2 : 0;
    }
    if (!command) throw new UsageError(`Unknown command "${name}"`);
    if (rest.includes('--help') || rest.includes('-h')) {
      await showUsage(io, command.citty);
      return 0;
    }
    return await command.run(rest, io);
  } catch (error) {
    return report(io, error, command ? `sandglass ${name}` : 'sandglass');
  }
}

function root(): CommandDef {
  const subCommands = Object.fromEntries(Object.entries(COMMANDS).map(([name, { citty }]) => [name, citty]));
  return {
    meta: {
      name: 'sandglass',
      version: readVersion(),
      description: 'Runs untrusted Directus extensions in pristine sandboxes',
    },
    subCommands,
  };
}

async function showUsage(io: Io, command: CommandDef): Promise<void> {
  const usage = await renderUsage(command);
  print(io, io.stdout.isTTY === true ? usage : stripVTControlCharacters(usage));
}

function print(io: Io, text: string): number {
  io.stdout.write(`${text}\n`);
  return 0;
}

function report(io: Io, error: unknown, program: string): number {
  if (error instanceof UsageError) {
    io.stderr.write(`${program}: ${formatForTerminal(error.message)}\nRun "${program} --help" for how to use it.\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = isSandglassError(error) ? ` (${error.code})` : '';
  io.stderr.write(`${program}: ${formatForTerminal(message)}${code}\n`);
  if (isSandglassError(error)) io.stderr.write(formatThrown(error));
  return 1;
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
