import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { isInstalled } from '../../packages/fleet/src/testing/is-installed.js';
import { hasNatsServer } from '../../packages/fleet/src/testing/nats-server.js';

const BAKE_OFF = fileURLToPath(new URL('../../benchmarks/fleet/bake-off.mjs', import.meta.url));
const ROWS = ['A: 1 in flight', 'A: 64 in flight', 'A: 256 in flight', 'B: publish', 'B: consume'];

describe.skipIf(!hasNatsServer() || !isInstalled('redis-server'))('the bake-off of NATS and BullMQ', () => {
  test('measures both in every row', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [BAKE_OFF, '--quick']);
    const cells = stdout.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
    const rates = cells
      .filter(([, , name = '']) => /^'[AB]:/.test(name))
      .map(([, , name, nats, bullmq]) => {
        return [name, Number(nats) > 0, Number(bullmq) > 0];
      });
    expect(rates).toEqual(ROWS.map((row) => [`'${row}'`, true, true]));
  }, 120_000);
});
