import { describe, expect, test } from 'vitest';

import { createLogger, type Log, type LoggerOptions } from './logger.js';

function log(format: LoggerOptions['format']): { log: Log; text: () => string } {
  let text = '';
  const output = { write: (line: string) => void (text += line) };
  return { log: createLogger({ output, level: 'info', format, style: (_colour, part) => part }), text: () => text };
}

describe('createLogger', () => {
  test('prints a stack below its line, each frame made harmless', () => {
    const { log: write, text } = log('pretty');
    write('error', 'no', {
      extension: 'hello',
      code: 'E_GUEST',
      stack: 'at a (x.js:1:1)\n    at \u001b[2J (x.js:2:1)',
    });
    expect(text().split('\n').slice(1)).toEqual(['    at a (x.js:1:1)', '    at \\x1b[2J (x.js:2:1)', '']);
    expect(text()).toMatch(/^\d\d:\d\d:\d\d ERROR hello no code=E_GUEST\n/);
  });

  test('keeps a JSON entry on one line, its stack a field', () => {
    const { log: write, text } = log('json');
    write('error', 'no', { stack: 'at a\nat b' });
    expect(text().match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(text())).toMatchObject({ level: 'error', message: 'no', stack: 'at a\nat b' });
  });
});
