import { describe, expect, test } from 'vitest';

import { AddressGate, compileRequestScope } from '../../packages/host/src/gate/index.js';
import { readCorpus } from './corpus.js';

interface UrlRow {
  scopeUrls: string[];
  url: string;
  allow: boolean;
  why: string;
  gate?: 'ip';
  scopeInvalid?: boolean;
}

const rows = readCorpus<UrlRow>('urls');
const addresses = new AddressGate();
const compile = ({ scopeUrls }: UrlRow) => compileRequestScope({ urls: scopeUrls, methods: ['GET'] });
const label = (row: UrlRow): [string, UrlRow] => [
  `${row.scopeUrls.join(' ')} × ${row.url.slice(0, 80)} (${row.why})`,
  row,
];

const invalid = rows.filter((row) => row.scopeInvalid === true);
const byAddress = rows.filter((row) => row.gate === 'ip');
const decided = rows.filter((row) => row.scopeInvalid !== true && row.gate !== 'ip');

describe('URLs of requests', () => {
  test('the three kinds of rows are the whole corpus', () => {
    expect([invalid.length, byAddress.length, decided.length].every((length) => length > 0)).toBe(true);
    expect(invalid.length + byAddress.length + decided.length).toBe(rows.length);
  });

  test.each(invalid.map(label))('refuses the pattern: %s', (_, row) => {
    expect(() => compile(row)).toThrow(
      expect.objectContaining({
        code: 'E_MANIFEST',
        message: expect.stringContaining(`Invalid URL pattern "${row.scopeUrls[0]}": `),
      }),
    );
  });

  test.each(byAddress.map(label))('matches the pattern, and the address gate refuses: %s', (_, row) => {
    const decision = compile(row).matchUrl(row.url);
    expect(decision.ok && addresses.deniesHost(decision.url.hostname)).toBe(true);
  });

  test.each(decided.map(label))('decides: %s', (_, row) => {
    const decision = compile(row).matchUrl(row.url);
    expect(decision.ok && !addresses.deniesHost(decision.url.hostname)).toBe(row.allow);
  });
});
