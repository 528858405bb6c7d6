import { afterEach, describe, expect, test, vi } from 'vitest';

import { compileEngine } from './engine-module.js';
import { createInstance } from './instance.js';

describe('createInstance', () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each(['de-CH', 'zh-Hant-TW', undefined])('a new instance is the same under the locale %s', async (language) => {
    const engine = await compileEngine();
    const usual = await createInstance(engine, { maxBytes: 16 << 20 });
    vi.stubGlobal('navigator', language === undefined ? undefined : { language });
    const foreign = await createInstance(engine, { maxBytes: 16 << 20 });
    expect(Buffer.compare(foreign.bytes, usual.bytes)).toBe(0);
    expect(Buffer.from(foreign.bytes).includes('web_user')).toBe(false);
  });
});
