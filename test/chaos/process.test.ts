import { describe, expect, test, vi } from 'vitest';

import { Child } from './child.js';
import { Ledger } from './ledger.js';

/**
 * Rows of the corpus' `chaos.json` that happen to a whole process: its calls run in a child, its
 * ledger stays outside.
 */

const MIB = 2 ** 20;
const TIMEOUT_MS = 60_000;

/** Every call that was made has settled once, with a value or a code, and no effect is doubled. */
function expectSound(child: Child, ledger: Ledger): void {
  const { settlements } = child;
  expect([...settlements.keys()].sort((a, b) => a - b)).toEqual(child.accepted.sort((a, b) => a - b));
  for (const hows of settlements.values()) expect(hows).toEqual([expect.stringMatching(/^(ok|E_[A-Z_]+)$/)]);
  expect(ledger.problems).toEqual([]);
}

const countOf = (child: Child): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const [how = ''] of child.settlements.values()) counts[how] = (counts[how] ?? 0) + 1;
  return counts;
};

describe('a process that ends', () => {
  test.each([
    ['missing', /ENOENT/],
    ['empty', /expected magic|BufferSource argument is empty|CompileError/],
    ['garbled', /expected magic|CompileError/],
    ['truncated', /CompileError|extends past end/],
  ])(
    'an engine binary that is %s ends in one clear error and no process that hangs',
    async (wasm, expected) => {
      await using child = new Child({ port: 1, wasm });
      expect((await child.ended()).code).toBe(1);
      expect(child.errors).toMatch(expected);
      expect(child.accepted).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'no file descriptors left, and a thread lost meanwhile: typed errors, and all is well when they are back',
    async () => {
      await using ledger = await Ledger.open();
      await using child = new Child({ port: ledger.port, calls: 100, exhaustsFiles: true }, { maxFiles: 128 });
      await child.finished();
      expect(child.lines).toContain('EMFILE');
      expectSound(child, ledger);
      expect(countOf(child)['E_NETWORK']).toBeGreaterThan(0);
      expect([...child.settlements.values()].at(-1)).toEqual(['ok']);
    },
    TIMEOUT_MS,
  );

  test(
    'SIGTERM with 100 in flight and 1,000 queued: the host drains, and every call settles',
    async () => {
      await using ledger = await Ledger.open();
      await using child = new Child({ port: ledger.port, calls: 1_100, closeMs: 50_000 });
      await vi.waitUntil(() => ledger.arrived > 0, 20_000);
      child.kill('SIGTERM');
      await child.finished();
      expect(child.lines).toContain('closed');
      expectSound(child, ledger);
      expect(countOf(child)).toEqual({ ok: 1_100 });
    },
    TIMEOUT_MS,
  );

  test(
    'SIGTERM with a deadline that is too short: what is left gets E_CLOSED',
    async () => {
      await using ledger = await Ledger.open();
      await using child = new Child({ port: ledger.port, calls: 1_100, closeMs: 1 });
      await vi.waitUntil(() => ledger.arrived > 0, 20_000);
      child.kill('SIGTERM');
      await child.finished();
      expectSound(child, ledger);
      expect(countOf(child)['E_CLOSED']).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  test(
    'SIGTERM twice ends a process that still drains',
    async () => {
      await using ledger = await Ledger.open();
      const handler = 'async ({ id }) => { await sleep(20_000); return id; }';
      await using child = new Child({ port: ledger.port, calls: 100, handler, closeMs: 50_000 });
      await vi.waitUntil(() => child.lines.includes('running'), 20_000);
      child.kill('SIGTERM');
      await vi.waitUntil(() => child.lines.includes('SIGTERM'), 20_000);
      child.kill('SIGTERM');
      expect((await child.ended()).code).toBe(143);
      expect(child.settlements.size).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'SIGKILL under load, then a start afresh: no effect is doubled, and the new process works',
    async () => {
      await using ledger = await Ledger.open();
      await using killed = new Child({ port: ledger.port, calls: 2_000, inFlight: 100 });
      await vi.waitUntil(() => ledger.arrived > 200, 20_000);
      killed.kill('SIGKILL');
      expect((await killed.ended()).signal).toBe('SIGKILL');
      const undone = killed.accepted.filter((id) => !killed.settlements.has(id));
      expect(undone.length).toBeGreaterThan(0); // the caller knows of each that it has no answer
      expect(undone.length).toBeLessThanOrEqual(101);
      await using next = new Child({ port: ledger.port, from: 2_001, calls: 200 });
      await next.finished();
      expectSound(next, ledger);
      expect(countOf(next)).toEqual({ ok: 200 });
    },
    TIMEOUT_MS,
  );

  // A container's limit needs rights that a test does not have: V8's heap is kept small, and the
  // peak of the process is measured.
  test(
    'bombs of memory under a limit of 512 MiB: E_MEMORY, and the process stays below it',
    async () => {
      await using ledger = await Ledger.open();
      const handler = `({ id }) => { const a = []; for (; id % 2;) a.push('x'.repeat(100_000) + a.length); return id; }`;
      await using child = new Child(
        {
          port: ledger.port,
          calls: 400,
          inFlight: 32,
          handler,
          limits: { memoryLimitBytes: 16 * MIB, cpuTimeMs: 5_000 },
        },
        { nodeFlags: ['--max-old-space-size=256'] },
      );
      await child.finished();
      expectSound(child, ledger);
      expect(countOf(child)).toEqual({ ok: 200, E_MEMORY: 200 });
      expect(Number(child.read('rss'))).toBeLessThan(512 * MIB);
    },
    TIMEOUT_MS,
  );
});
