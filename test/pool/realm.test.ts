import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

const FLAGS = ['--no-warnings', '--experimental-vm-modules', '--experimental-import-meta-resolve'];
const SCRIPTS = ['in-realm.mjs', 'realm-script.mjs'].map((name) => fileURLToPath(new URL(name, import.meta.url)));

describe('the realm of a thread', () => {
  test.each(['threads', 'inline'])('a host works in a realm of its own, as under Jest: %s', async (pool) => {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, ...SCRIPTS, pool]);
    expect(JSON.parse(stdout)).toEqual({
      result: [42, true, true],
      failure: ['E_GUEST', 'RangeError', 'too small'],
      answer: '{"a":1}',
      filtered: [[1], true, '1,2', 1],
      lines: ['n is 21'],
      violations: 0,
    });
  });
});
