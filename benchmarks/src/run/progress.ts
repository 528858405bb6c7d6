import type { WriteStream } from 'node:tty';

/** A line that says what runs now and how far it is. */
export interface Progress extends Disposable {
  /** @param done 0 to 1. */
  show(done: number, what: string): void;
  /**
   * A step that is done: a line where there is no terminal, such as in a log of CI; nothing on a
   * terminal, where `show` tells.
   */
  note(line: string): void;
  /** Prints a line that stays. */
  print(line: string): void;
}

/** Draws on a terminal only; elsewhere just lines are printed. */
export function createProgress(stream: WriteStream = process.stderr): Progress {
  const startedAt = performance.now();
  const clear = (): void => {
    if (stream.isTTY) {
      stream.cursorTo(0);
      stream.clearLine(0);
    }
  };
  return {
    show(done, what) {
      if (!stream.isTTY) return;
      const elapsed = (performance.now() - startedAt) / 1000;
      const left = done > 0 ? (elapsed / done) * (1 - done) : 0;
      clear();
      stream.write(`${bar(done)} ${duration(elapsed)}, ${duration(left)} left · ${what}`.slice(0, stream.columns - 1));
    },
    note(line) {
      if (!stream.isTTY) stream.write(`${duration((performance.now() - startedAt) / 1000)} ${line}\n`);
    },
    print(line) {
      clear();
      stream.write(`${line}\n`);
    },
    [Symbol.dispose]: clear,
  };
}

function bar(done: number): string {
  const filled = Math.round(done * 20);
  return '█'.repeat(filled) + '░'.repeat(20 - filled);
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
