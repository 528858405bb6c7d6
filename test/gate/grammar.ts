/** A pattern with a URL to try it on. */
export interface Pair {
  pattern: string;
  url: string;
}

/** Deterministic numbers in [0, 1) from a seed: mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const HOSTS = [
  'good.test',
  'a.good.test',
  'evil.test',
  'xn--mnchen-3ya.test',
  'münchen.test',
  'faß.test',
  'goоd.test',
  '1.1.1.1',
  '127.0.0.1',
  '0x7f.1',
  '2130706433',
  '017700000001',
  '1.1.257',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2606:4700::1111]',
  'localhost',
  'good.test.',
  'GOOD.test',
  'good%2etest',
  'g%6fod.test',
  'good。test',
  'ｇｏｏｄ.test',
  'xn--a',
  'xn--',
  'a_b.test',
  '-a.test',
  'ab--c.test',
  '☃.test',
  'א.test',
  'xn--0.test',
  'xn--good-.test',
  'xn--80ak6aa92e.test',
  'a\u0301.test',
  'á.test',
  'ⅷ.test',
  '½.test',
  'ǅ.test',
  'ẞ.test',
  'ς.test',
  'İ.test',
  '𝔤ood.test',
  '⒈.test',
  '1.2.3.4.5',
  '1..1',
  '٠.test',
  '㋿.test',
  '\u{1e030}.test',
  'good\u00adtest',
  'good\u200dtest',
  'क्\u200dष.test',
];
const GLUE = [
  '',
  '',
  '',
  '',
  '.',
  '@',
  ':',
  ':80',
  ':443',
  ':8443',
  ':0',
  ':25',
  ':99999',
  ':',
  '\\',
  '/',
  '//',
  '%',
  '%2f',
  '%40',
  '%00',
  '%5c',
  '#',
  '?',
  ';',
  ',',
  ' ',
  '\t',
  '\n',
  '\r',
  '\0',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\ud800',
  '／',
  '＠',
  '：',
  '？',
  '＃',
  '％',
  '\u00ad',
  '\u200b',
  '&',
  '=',
  '+',
  '~',
  '!',
  '$',
  "'",
  '(',
  ')',
  '*',
  '[',
  ']',
  '{',
  '|',
  '^',
  '`',
  '"',
  '<',
  '>',
];
const SCHEMES = [
  'https://',
  'https://',
  'https://',
  'http://',
  'HTTPS://',
  'hTTp://',
  'https:/',
  'https:',
  'https:///',
  'https:\\\\',
  '//',
  '',
  'file://',
  'ftp://',
  'ws://',
  'blob:https://',
  'javascript://',
  ' https://',
  'http+unix://',
];
const PATHS = [
  '',
  '/',
  '/v1/',
  '/v1/users',
  '/v1/../admin',
  '/v1/%2e%2e/admin',
  '/v1/..%2fadmin',
  '/v1/%252e%252e/',
  '/.',
  '/a//b',
  '/é',
  '/@evil.test/',
  '/.good.test/',
  '/*',
  '/a*b',
  '/;/..;/x',
  '/\\..\\x',
  '/%zz',
];
const TAILS = [
  '',
  '',
  '',
  '?',
  '?x=1',
  '?u=https://good.test/',
  '#',
  '#@evil.test/',
  '#.good.test/',
  '?@evil.test',
  ' ',
  '\n',
];
const USERS = [
  '',
  '',
  '',
  '',
  'good.test@',
  'u:p@',
  '@',
  'good.test:1@',
  'good.test%2f@',
  'good.test\\@',
  'good.test#@',
  'good.test?@',
];

const PATTERN_SCHEMES = ['https://', 'https://', 'http://', '*://', 'HTTP://', 'file://', '', '!https://', 'http*://'];
const PATTERN_HOSTS = ['*', '*.', '', '', '', '**', '**.', 'a*', '*.*.'];
const PATTERN_TAILS = [
  '/*',
  '/*',
  '/*',
  '*',
  '',
  '/',
  '/v1/*',
  '/v1/**',
  '/*/public',
  '/v1/users',
  '/?x=*',
  '/*?*',
  ':*/*',
  ':8443/*',
  '/{a,b}',
  '/+(+(a))',
  '/#x',
  '/%2e%2e/*',
  '/a/../*',
];

/** Pairs that mostly almost match: hosts of the pattern's own, bent at each seam of a URL. */
export function generatePair(random: () => number): Pair {
  const pick = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)] ?? '';
  /** Mostly the plain choice, which comes first, so that one seam is bent at a time. */
  const bend = (choices: readonly string[]): string => (random() < 0.75 ? (choices[0] ?? '') : pick(choices));
  const host = random() < 0.1 ? randomHost(random) : pick(HOSTS);
  const wildcard = pick(PATTERN_HOSTS);
  const patternHost = wildcard.endsWith('*') ? wildcard : wildcard + host;
  const pattern = random() < 0.15 ? '*' : bend(PATTERN_SCHEMES) + patternHost + bend(PATTERN_TAILS);
  const urlHost = random() < 0.8 ? host : pick(HOSTS);
  const below = bend(wildcard.endsWith('.') ? ['a.', '', 'evil', '.'] : ['', 'a.', 'evil', '.']);
  const second = random() < 0.1 ? pick(HOSTS) : '';
  const url = bend(SCHEMES) + bend(USERS) + below + urlHost + bend(GLUE) + second + bend(PATHS) + bend(TAILS);
  return { pattern, url: random() < 0.15 ? splice(url, pick(GLUE), random) : url };
}

/** A label with a character from anywhere in the first two planes: IDNA tables differ there. */
function randomHost(random: () => number): string {
  const character = String.fromCodePoint(Math.floor(random() * 0x2_0000));
  return ['', 'a', 'א', '1'][Math.floor(random() * 4)] + character + (random() < 0.5 ? 'b' : '') + '.test';
}

function splice(text: string, piece: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  return text.slice(0, at) + piece + text.slice(at);
}
