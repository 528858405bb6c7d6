import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

const file = fileURLToPath(new URL('../../examples/capabilities/host.js', import.meta.url));

describe('the example of capabilities', () => {
  test('the example host gives its own capability to guests, within the scope of their manifest', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout.trim().split('\n')).toEqual([
      'audit: items.read articles allowed ',
      '200 [{"id":3,"title":"Sand"},{"id":2,"title":"Glass"}]',
      'audit: items.read users denied No permission to read "users"',
      '500',
    ]);
  });
});
