import { describe, expect, test } from 'vitest';

import { createLogger } from './logger.js';
import { formatJson } from './safe-json.js';

const HOSTILE = 'a\u001b[2J\u009b31m\u202egpj\u2066\u{e0041}\u200b\ufeff\u007f\n\ud800z';

describe('formatJson', () => {
  test('JSON that is printed holds nothing that a terminal obeys, and means the same', () => {
    const json = formatJson({ [HOSTILE]: [HOSTILE] });
    expect(json).toMatch(/^[\x20-\x7e\n]+$/);
    expect(JSON.parse(json)).toEqual({ [HOSTILE]: [HOSTILE] });
    expect(formatJson(undefined)).toBe('null');
  });

  test('a million such characters take a moment', () => {
    expect(formatJson('\u009b\u202e'.repeat(500_000))).toHaveLength(6_000_002);
  });

  test('a line of the JSON log neither', () => {
    let line = '';
    const output = { write: (text: string) => void (line += text) };
    const log = createLogger({ output, level: 'info', format: 'json', style: (_colour, text) => text });
    log('info', HOSTILE, { extension: HOSTILE });
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(line)).toMatchObject({ message: HOSTILE, extension: HOSTILE });
  });
});
