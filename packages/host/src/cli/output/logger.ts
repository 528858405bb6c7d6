import pino from 'pino';

import { formatForTerminal } from '../../capabilities/log/terminal.js';
import type { ServiceConfig } from '../config/schema.js';
import type { Io, Output } from '../io.js';
import { escapeJson } from './safe-json.js';
import { createStyle, type Style } from './style.js';

export type LogLevel = ServiceConfig['logLevel'];

/** Writes a line. Texts may be a guest's: they are made harmless. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface LoggerOptions {
  output: Output;
  level: LogLevel;
  format: 'json' | 'pretty';
  style: Style;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** Makes a log: JSON lines for machines, or one readable line for each entry. */
export function createLogger(options: LoggerOptions): Log {
  return options.format === 'json' ? createJsonLog(options) : createPrettyLog(options);
}

/** Makes the log of a command that runs until it is stopped, by its configuration. */
export function createServiceLog({ logFormat, logLevel }: ServiceConfig, { stdout, env }: Io): Log {
  const format = logFormat === 'auto' ? (stdout.isTTY === true ? 'pretty' : 'json') : logFormat;
  return createLogger({ output: stdout, level: logLevel, format, style: createStyle(stdout, env) });
}

function createJsonLog({ output, level }: LoggerOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void output.write(escapeJson(line)) },
  );
  return (lineLevel, message, fields = {}) => logger[lineLevel](fields, message);
}

function createPrettyLog({ output, level, style }: LoggerOptions): Log {
  const least = LEVELS.indexOf(level);
  return (lineLevel, message, { extension, stack, ...fields } = {}) => {
    if (LEVELS.indexOf(lineLevel) < least) return;
    const time = style('gray', new Date().toTimeString().slice(0, 8));
    const label = style(COLOURS[lineLevel], lineLevel.toUpperCase().padEnd(5));
    const name = typeof extension === 'string' ? `${style('cyan', formatForTerminal(extension))} ` : '';
    const rest = Object.entries(fields).map(
      ([key, value]) => ` ${style('gray', formatForTerminal(`${key}=${toText(value)}`))}`,
    );
    const frames = typeof stack === 'string' ? stack.split('\n') : [];
    const below = frames.map((frame) => `\n    ${style('gray', formatForTerminal(frame.trim()))}`);
    output.write(`${time} ${label} ${name}${formatForTerminal(message)}${rest.join('')}${below.join('')}\n`);
  };
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/**
 * Tells whether an output takes more: undefined if it does, else a promise of when it will, the
 * same for all callers.
 */
export function createDrain(output: Output): () => Promise<void> | undefined {
  let drained: Promise<void> | undefined;
  return () => {
    if (output.writableNeedDrain !== true) return undefined;
    drained ??= new Promise<void>((resolve) => void output.once?.('drain', resolve)).then(() => (drained = undefined));
    return drained;
  };
}
