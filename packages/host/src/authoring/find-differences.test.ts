import { describe, expect, test } from 'vitest';

import { findDifferences } from './find-differences.js';

describe('findDifferences', () => {
  test.each([
    ['let count = 0;\nexport default () => { count++; };', 'state', 2, 24],
    ['var cache;\nexport default async () => {\n  cache = 1;\n};', 'state', 3, 3],
    ["export default (n) => n.toLocaleString('de');", 'locale', 1, 23],
    ['export default () => process.env.KEY;', 'environment', 1, 22],
  ])('%j: %s', (source, code, line, column) => {
    expect(findDifferences(source)).toEqual([expect.objectContaining({ code, line, column })]);
  });

  test.each([
    ['let count = 0;\ncount += 1;\nexport default () => count;'],
    ['const list = [];\nexport default () => list.length;'],
    ['export default () => { let own = 0; own = 1; return own; };'],
    ["export default () => process.env.NODE_ENV + 'a'.toUpperCase();"],
    ['export default (/x/gimsuy);'],
    ['let a = 0;\nexport default () => { const f = (a) => { a = 1; }; f(); };'],
    ['this is no source'],
  ])('%j differs in nothing', (source) => {
    expect(findDifferences(source)).toEqual([]);
  });
});
