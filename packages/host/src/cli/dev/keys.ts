import type { Input } from '../io.js';

/** What a key does. */
export interface KeyCommand {
  key: string;
  /** What it does, in a few words. */
  text: string;
  run(): void;
}

/** What a terminal in raw mode sends for Ctrl-C and Ctrl-D, which no longer are signals. */
const INTERRUPTS: ReadonlySet<string> = new Set(['\u0003', '\u0004']);

/**
 * Runs commands by single keys, while it is not disposed of. Keys without one do nothing.
 *
 * @param onInterrupt for Ctrl-C.
 */
export function listenToKeys(input: Input, commands: readonly KeyCommand[], onInterrupt: () => void): Disposable {
  const onData = (data: Buffer | string): void => {
    for (const key of String(data)) {
      if (INTERRUPTS.has(key)) onInterrupt();
      else commands.find((command) => command.key === key.toLowerCase())?.run();
    }
  };
  input.setRawMode?.(true);
  input.on('data', onData);
  input.resume();
  return {
    [Symbol.dispose]() {
      input.off('data', onData);
      input.setRawMode?.(false);
      input.pause(); // else the process would wait for it
    },
  };
}

/** The commands in one line. */
export function describeKeys(commands: readonly KeyCommand[]): string {
  return commands.map(({ key, text }) => `${key} ${text}`).join(', ');
}
