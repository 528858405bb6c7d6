import { describe, expect, test } from 'vitest';

import { parseCanonicalUrl } from './canonical-url.js';
import { MAX_PATTERN_LENGTH, matchUrlPattern, parseUrlPattern } from './url-pattern.js';

const matches = (pattern: string, raw: string): boolean => {
  const parsed = parseCanonicalUrl(raw);
  return parsed.ok && matchUrlPattern(parseUrlPattern(pattern), parsed.url);
};

describe('parseUrlPattern', () => {
  test.each([
    ['', 'it does not begin with'],
    ['x.com/*', 'it does not begin with'],
    ['!https://x.com/*', 'it does not begin with'],
    ['ftp://x.com/*', 'its scheme is neither'],
    ['file:///*', 'it has no host'],
    ['http*://x.com/', 'it does not begin with'],
    ['https://', 'it has no host'],
    ['https:///x', 'it has no host'],
    ['https://u:p@x.com/', 'it has credentials'],
    ['https://x.com/#a', 'a fragment is never sent'],
    ['https://x.com\\*', 'it has a backslash before its query'],
    ['https://x.com/a\tb', 'it has a control character'],
    ['https://x.com/a ', 'it has a control character, or a space'],
    ['https://x .com/a', 'its host has whitespace'],
    ['https://good.*/*', 'in a host, * stands alone'],
    ['https://*x.com/*', 'in a host, * stands alone'],
    ['https://x.com*/a', 'in a host, * stands alone'],
    ['https://a.*.com/*', 'in a host, * stands alone'],
    ['https://*.*.com/*', 'in a host, * stands alone'],
    ['https://*.1.1.1.1/*', 'there is nothing below an address'],
    ['https://*.[::1]/*', 'its host is not a name'],
    ['https://*./', 'its host is not a name'],
    ['https://x..com/', 'its host is not a name'],
    ['https://x.com./', 'its host is not a name'],
    ['https://x.com:/', 'its port is neither'],
    ['https://x.com:0/', 'its port is neither'],
    ['https://x.com:65536/', 'its port is neither'],
    ['https://x.com:8*/', 'its port is neither'],
    ['https://x.com:8080*', 'its port is neither'],
    ['https://x.com/v1/%2e%2e%2f*', 'its path has an encoded .. segment'],
    ['https://x.com/*/../b', 'a .. segment takes a * away'],
  ])('parseUrlPattern refuses %j: %s', (text, reason) => {
    expect(() => parseUrlPattern(text)).toThrow(
      expect.objectContaining({
        code: 'E_MANIFEST',
        message: expect.stringContaining(`Invalid URL pattern "${text}": ${reason}`),
      }),
    );
  });

  test('parseUrlPattern refuses a pattern beyond its length cap, without repeating it', () => {
    expect(() => parseUrlPattern(`https://x.com/${'a'.repeat(MAX_PATTERN_LENGTH)}`)).toThrow(
      /^Invalid URL pattern "https:\/\/x\.com\/a+…": longer than 2048 characters$/,
    );
  });

  test.each([
    ['*', 'http://x.com:8080/a?b', true],
    ['**', 'https://x.com/', true],
    ['https://*', 'https://x.com:8443/a?b', true],
    ['https://*/*', 'https://x.com:8443/a?b', true],
    ['https://*/a', 'https://x.com:8443/a', true],
    ['https://*/a', 'https://x.com:8443/b', false],
    ['https://*:8443/*', 'https://x.com:8443/b', true],
    ['https://*:8443/*', 'https://x.com/b', false],
    ['*://x.com/*', 'http://x.com/b', true],
    ['*://x.com:443/*', 'http://x.com:443/b', true],
    ['*://x.com:443/*', 'https://x.com/b', true],
    ['*://x.com:443/*', 'http://x.com/b', false],
    ['https://x.com:443/*', 'https://x.com/b', true],
    ['https://x.com*', 'https://x.com/a?b', true],
    ['https://x.com**', 'https://x.com/', true],
    ['https://x.com*', 'https://x.com.evil.io/', false],
    ['https://x.com*', 'https://x.com:8443/', false],
    ['https://*.x.com*', 'https://a.x.com/b', true],
    ['https://*.x.com*', 'https://x.com/b', false],
    ['https://*.x.com', 'https://a.x.com/b', false],
    ['https://1.1.257/*', 'https://1.1.1.1/', true],
    ['https://[2606:4700:0::1111]/*', 'https://[2606:4700::1111]/', true],
    ['https://MÜNCHEN.test/*', 'https://xn--mnchen-3ya.test/a', true],
    ['https://x.com/é/*', 'https://x.com/%C3%A9/a', true],
    ['https://x.com/{a}', 'https://x.com/{a}', true],
    ['https://x.com/a/../b/*', 'https://x.com/b/c', true],
    ['https://x.com/a*', 'https://x.com/a/b?c=d', true],
    ['https://x.com/*/a', 'https://x.com/b/a?c', false],
    ['https://x.com/a?*', 'https://x.com/a?c=/../d', true],
    ['https://x.com/a?b=*', 'https://x.com/a?B=1', false],
    ['https://x.com/a*?b=*', 'https://x.com/ac?b=1', true],
    ['https://x.com/a*?b=*', 'https://x.com/ac', false],
    ['https://x.com/a??b', 'https://x.com/a??b', true],
    ['https://x.com/a b/*', 'https://x.com/a b/c', true],
    ['https://x.com/a b/*', 'https://x.com/a%20b/c', true],
    ['https://x.com/a?b c=*', 'https://x.com/a?b%20c=d|e', true],
    ['https://x.com/{a}?{b}', 'https://x.com/%7Ba%7d?%7bb}', true],
    ['https://x.com/caf%c3%a9/*', 'https://x.com/café/a', true],
    ['https://x.com/caf%C3%A9/*', 'https://x.com/caf%c3%a9/a', true],
    ['https://x.com/a?b=%2f*', 'https://x.com/a?b=%2Fc', true],
    ['https://x.com/a', 'https://x.com/%61', false],
    ['https://x.com/A', 'https://x.com/a', false],
    ['https://x.com/a', 'https://x.com/a?', true],
  ])('pattern %s on %s: %s', (pattern, url, expected) => {
    expect(matches(pattern, url)).toBe(expected);
  });
});
