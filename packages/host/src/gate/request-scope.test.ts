import { expect, test } from 'vitest';

import { MAX_URL_LENGTH } from './canonical-url.js';
import { compileRequestScope } from './request-scope.js';

const compile = (...urls: string[]) => compileRequestScope({ urls, methods: ['GET', 'POST'] });

test('the URL that comes back is the one that matched, without its fragment', () => {
  const decision = compile('https://x.com/*').matchUrl('https://X.com/é/../ü?q=ö#f');
  expect(decision.ok && decision.url.href).toBe('https://x.com/%C3%BC?q=%C3%B6');
});

test.each([
  ['https://x.com/a\\b', 'it has a backslash'],
  ['https://x.com/a b', 'it has whitespace or a control character'],
  ['https://x.com/\u0085', 'it has whitespace or a control character'],
  ['https://x.com/\ud800', 'it has half of a surrogate pair'],
  ['https:x.com', 'it does not begin with http:// or https://'],
  ['https:///x.com', 'it has no host'],
  ['https://a@x.com/', 'it has credentials'],
  ['https://x\u00ad.com/', 'its host has an invisible character'],
  ['https://x%00.com/', 'it is not a URL'],
  ['https://x..com/', 'its host is not a plain name or address'],
  ['https://x.com./', 'its host is not a plain name or address'],
  ['https://xn--good-.test/', 'its host means different names to different parsers'],
  ['https://x.com:6000/', 'port 6000 is refused'],
  ['https://y.com/', 'no URL pattern matches'],
  ['https://x.com/v1/..%2fadmin', 'its path has an encoded .. segment'],
  [
    `https://x.com/${'a'.repeat(MAX_URL_LENGTH)}`,
    `it has ${MAX_URL_LENGTH + 14} characters, at most ${MAX_URL_LENGTH} are read`,
  ],
  [`https://x.com/${'é'.repeat(2_000)}`, 'it has 12014 characters, at most 8192 are read'],
])('matchUrl says why it refuses %s', (url, reason) => {
  expect(compile('https://x.com/v1/*', 'https://x.com:*/v1/*').matchUrl(url)).toEqual({ ok: false, reason });
});

test('under a pattern for any path, an encoded .. is only a path', () => {
  expect(compile('https://x.com/v1/*', 'https://x.com/*').matchUrl('https://x.com/v1/..%2fadmin').ok).toBe(true);
});

test('a .. that the URL parser forgot to resolve is refused', () => {
  expect(compile('https://x.com//.a/*').matchUrl('https://x.com//.a/../b').ok).toBe(false);
});

test('an empty scope matches nothing', () => {
  const gate = compileRequestScope({ urls: [], methods: [] });
  expect(gate.matchUrl('https://x.com/').ok).toBe(false);
  expect(gate.allowsMethod('GET')).toBe(false);
});

test('methods compare with case', () => {
  expect([compile().allowsMethod('GET'), compile().allowsMethod('get'), compile().allowsMethod('PUT')]).toEqual([
    true,
    false,
    false,
  ]);
});

test.each([
  ['URL patterns', Array<string>(257).fill('https://x.com/*')],
  ['characters of URL patterns', Array<string>(33).fill(`https://x.com/${'a'.repeat(2_000)}`)],
  ['URL patterns with text between two stars', Array<string>(17).fill('https://x.com/*/a/*')],
])('too many %s are an invalid manifest', (what, urls) => {
  expect(() => compile(...urls)).toThrow(
    expect.objectContaining({ code: 'E_MANIFEST', message: expect.stringContaining(` ${what}, at most `) }),
  );
});

test('a decision stays the same when it has been made often', () => {
  const gate = compile('https://münchen.test/*');
  const decisions = Array.from({ length: 20_000 }, () => gate.matchUrl('https://münchen.test/é?ü'));
  expect(decisions.filter(({ ok }) => !ok)).toEqual([]);
});
