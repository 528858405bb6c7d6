import { afterEach, describe, expect, test, vi } from 'vitest';

import { isInstalled } from './is-installed.js';

describe('a program that tests start', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test('that is missing is told', () => {
    vi.stubEnv('CI', '');
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect(isInstalled('no-such-server')).toBe(false);
    expect(warn).toHaveBeenCalledWith('Skipped: no-such-server is not installed (apt install no-such-server)');
  });

  test('that is missing fails CI', () => {
    vi.stubEnv('CI', 'true');
    expect(() => isInstalled('no-such-server')).toThrow('no-such-server is not installed, and CI skips no test');
  });
});
