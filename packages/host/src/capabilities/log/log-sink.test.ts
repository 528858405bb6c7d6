import { describe, expect, test } from 'vitest';

import type { LogEntry } from '../../types.js';
import { LogSink } from './log-sink.js';

const MIB = 1_048_576;
const line = (extension: string, message: string): LogEntry => ({ extension, callId: 1, level: 'info', message });

describe('LogSink', () => {
  test('lines that wait for a slow onLog are bounded, for each extension, and what was dropped is told', async () => {
    const taken: LogEntry[] = [];
    const settle: (() => void)[] = [];
    const { write } = new LogSink((entry) => {
      taken.push(entry);
      return new Promise<void>((resolve) => void settle.push(resolve));
    });
    const text = 'x'.repeat(MIB / 2); // 1 MiB
    for (let count = 0; count < 100; count++) write(line('loud', text));
    expect(taken).toHaveLength(7); // half of 16 MiB, with what a line takes beside its text
    write(line('quiet', 'heard'));
    expect(taken.at(-1)).toEqual(line('quiet', 'heard'));

    while (settle.length > 0) settle.pop()!();
    await Promise.resolve();
    await Promise.resolve();
    write(line('loud', 'again'));
    expect(taken.slice(-2)).toEqual([
      {
        ...line('loud', ''),
        level: 'warn',
        message: expect.stringMatching(/^93 log lines before this one were dropped/),
      },
      line('loud', 'again'),
    ]);
  });

  test('an onLog that takes lines at once, throws or rejects never loses one', async () => {
    let count = 0;
    const outcomes = [
      () => undefined,
      () => {
        throw new Error('sink');
      },
      () => Promise.reject(new Error('sink')),
    ];
    for (const outcome of outcomes) {
      const { write } = new LogSink(() => (count++, outcome()));
      for (let index = 0; index < 40; index++) {
        write(line('loud', 'x'.repeat(MIB)));
        await Promise.resolve();
        await Promise.resolve();
      }
    }
    expect(count).toBe(120);
  });
});
