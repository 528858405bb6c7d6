import { describe, expect, test } from 'vitest';

import { MAX_URL_LENGTH } from './canonical-url.js';
import { compileRequestScope } from './request-scope.js';

const compile = (...urls: string[]) => compileRequestScope({ urls, methods: ['GET', 'POST'] });

describe('compileRequestScope', () => {
  test('the URL that comes back is the one that matched, without its fragment', () => {
    const decision = compile('https://x.com/*').matchUrl('https://X.com/é/../ü?q=ö#f');
    expect(decision.ok && decision.url.href).toBe('https://x.com/%C3%BC?q=%C3%B6');
  });

  test.each([
    ['https://x.com/a\\b', 'it has a backslash before its query'],
    ['https://x.com/a ', 'it has a control character, or a space at an end'],
    ['https://x.com/a\tb', 'it has a control character, or a space at an end'],
    ['https://x.com/\u0085', 'it has a control character, or a space at an end'],
    ['https://x .com/', 'its host has whitespace or an invisible character'],
    ['https://x.com\u00a0/', 'its host has whitespace or an invisible character'],
    ['https ://x.com/', 'it does not begin with http:// or https://'],
    ['https://x.com/\ud800', 'it has half of a surrogate pair'],
    ['https:x.com', 'it does not begin with http:// or https://'],
    ['https:///x.com', 'it has no host'],
    ['https://a@x.com/', 'it has credentials'],
    ['https://x\u00ad.com/', 'its host has whitespace or an invisible character'],
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

  test.each([
    ['/v1/a b?c d', '/v1/a%20b?c%20d'],
    ['/v1/a\u00a0b?c\u3000d', '/v1/a%C2%A0b?c%E3%80%80d'],
    ['/v1/a{b}c|d^e`f', '/v1/a%7Bb%7Dc%7Cd%5Ee%60f'],
    ['/v1/?filter={"x":{"_eq":1}}', '/v1/?filter=%7B%22x%22:%7B%22_eq%22:1%7D%7D'],
    ['/v1/?a|b^c`d\\e<f>', '/v1/?a%7Cb%5Ec%60d%5Ce%3Cf%3E'],
    ["/v1/?a=[1]&b='x'&c=%7b%zz", '/v1/?a=[1]&b=%27x%27&c=%7b%zz'],
  ])('what servers refuse is encoded, in path and query: %s', (given, sent) => {
    const decision = compile('https://x.com/v1/*').matchUrl(`https://x.com${given}`);
    expect(decision.ok && decision.url.href).toBe(`https://x.com${sent}`);
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
});
