/** A string without its quotes, up to the first character that may not stand in it as it is. */
// oxlint-disable-next-line no-control-regex -- JSON refuses them in strings
const PLAIN = /[^"\\\x00-\x1f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const CODE = { quote: 0x22, comma: 0x2c, colon: 0x3a, backslash: 0x5c } as const;
const OBJECT = { open: 0x7b, close: 0x7d } as const;
const ARRAY = { open: 0x5b, close: 0x5d } as const;

/**
 * Checks a text as `JSON.parse` would, and builds nothing: what a client sends is checked here, and
 * parsed by the guest that gets it. A megabyte takes 15 to 25 ms of CPU, whatever is in it.
 *
 * @param maxDepth brackets that may be open at once.
 * @returns what is wrong, or null.
 */
export function checkJson(text: string, maxDepth: number): 'syntax' | 'depth' | null {
  const closings: number[] = []; // of the brackets that are open
  let at = skipSpace(text, 0);
  for (;;) {
    const first = text.charCodeAt(at);
    const isObject = first === OBJECT.open;
    if (isObject || first === ARRAY.open) {
      if (closings.push(isObject ? OBJECT.close : ARRAY.close) > maxDepth) return 'depth';
      at = skipSpace(text, at + 1);
      if (text.charCodeAt(at) !== closings.at(-1)) {
        if (isObject) at = skipKey(text, at);
        if (at < 0) return 'syntax';
        continue;
      }
    } else {
      at = skipScalar(text, at, first);
      if (at < 0) return 'syntax';
      at = skipSpace(text, at);
    }
    while (closings.length > 0 && text.charCodeAt(at) === closings.at(-1)) {
      closings.pop();
      at = skipSpace(text, at + 1);
    }
    if (closings.length === 0) return at === text.length ? null : 'syntax';
    if (text.charCodeAt(at) !== CODE.comma) return 'syntax';
    at = skipSpace(text, at + 1);
    if (closings.at(-1) === OBJECT.close) at = skipKey(text, at);
    if (at < 0) return 'syntax';
  }
}

function skipSpace(text: string, begin: number): number {
  let at = begin;
  for (let code = text.charCodeAt(at); code <= 0x20; code = text.charCodeAt(at)) {
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at += 1;
  }
  return at;
}

/** Index behind a key, its colon and the space around that; -1 if there is none. */
function skipKey(text: string, at: number): number {
  const end = text.charCodeAt(at) === CODE.quote ? skipString(text, at) : -1;
  const colon = end < 0 ? -1 : skipSpace(text, end);
  return colon >= 0 && text.charCodeAt(colon) === CODE.colon ? skipSpace(text, colon + 1) : -1;
}

/** Index behind a string, a number or a word; -1 if there is none. */
function skipScalar(text: string, at: number, first: number): number {
  switch (first) {
    case CODE.quote:
      return skipString(text, at);
    case 0x74:
      return text.startsWith('true', at) ? at + 4 : -1;
    case 0x66:
      return text.startsWith('false', at) ? at + 5 : -1;
    case 0x6e:
      return text.startsWith('null', at) ? at + 4 : -1;
    default:
      return skip(NUMBER, text, at);
  }
}

function skipString(text: string, begin: number): number {
  let at = begin + 1;
  for (;;) {
    at = skip(PLAIN, text, at);
    const code = text.charCodeAt(at);
    if (code === CODE.quote) return at + 1;
    at = code === CODE.backslash ? skip(ESCAPE, text, at) : -1;
    if (at < 0) return -1;
  }
}

/** Index behind what a pattern takes from `at`; -1 if it does not match there. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
