import { EventEmitter } from 'node:events';

import type { Io, Output } from '../io.js';

/** An {@link Io} that keeps what is printed. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  /** Asks the command to end, as SIGTERM does. */
  stop(): void;
  /** Presses keys. */
  press(keys: string): void;
  /** Whether keys come one by one, unseen: of a terminal. */
  readonly isRaw: () => boolean;
  /** URLs that were opened. */
  readonly opened: readonly string[];
  /** Asks it to load extensions again, as SIGHUP does. */
  reload(): void;
  /** Resolves when what was printed to stdout matches; the match is the result. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Makes an Io that keeps what is printed, with an environment of its own. */
export function fakeIo(options: { env?: Io['env']; cwd?: string; isTTY?: boolean } = {}): FakeIo {
  const controller = new AbortController();
  const waiters = new Set<() => void>();
  const listeners = new Set<() => void>();
  const opened: string[] = [];
  const keyboard = new EventEmitter();
  let isRaw = false;
  let out = '';
  let err = '';
  const write = (add: (text: string) => void): Output => ({
    isTTY: options.isTTY ?? false,
    write(text) {
      add(text);
      for (const check of waiters) check();
    },
  });
  return {
    stdout: write((text) => (out += text)),
    stderr: write((text) => (err += text)),
    stdin: {
      isTTY: options.isTTY ?? false,
      setRawMode: (raw) => (isRaw = raw),
      on: (event, listener) => keyboard.on(event, listener),
      off: (event, listener) => keyboard.off(event, listener),
      resume() {},
      pause() {},
    },
    press: (keys) => void keyboard.emit('data', Buffer.from(keys)),
    isRaw: () => isRaw,
    openUrl: (url) => void opened.push(url),
    opened,
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    signal: controller.signal,
    out: () => out,
    err: () => err,
    stop: () => controller.abort(),
    onReload(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload: () => listeners.forEach((listener) => listener()),
    printed: (pattern) =>
      new Promise((resolve) => {
        const check = (): void => {
          const match = pattern.exec(out);
          if (!match) return;
          waiters.delete(check);
          resolve(match);
        };
        waiters.add(check);
        check();
      }),
  };
}
