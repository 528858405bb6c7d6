import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * A label whose characters no parser maps, drops or refuses: letters and marks, ASCII digits,
 * hyphens; no mark first.
 */
const LABEL = /^(?!\p{M})[\p{L}\p{M}0-9-]+$/u;

/** A right-to-left label so plain that it passes the bidi rule (RFC 5893 §2) in every reading. */
const RIGHT_TO_LEFT_LABEL = /^[\p{Script=Hebrew}\p{Script=Arabic}]+$/u;

/** Scripts written from right to left, and what else makes a domain a bidi domain. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * Whether an international host reads the same in every URL parser. IDNA tables differ between
 * versions of Unicode, and so do the checks of `xn--` labels: a host passes only if it needs no
 * mapping but lower case, and its `xn--` labels stand for plain letters.
 *
 * @param rawHost as it was written, without port.
 * @param hostname the same, parsed, in ASCII form.
 */
export function isStableHost(rawHost: string, hostname: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the range of ASCII
  const ascii = /^[\x00-\x7f]*$/.test(rawHost);
  if (ascii && !hostname.includes('xn--')) return true;
  const unicode = domainToUnicode(hostname);
  const written = (ascii ? unicode : rawHost).toLowerCase();
  if (written !== unicode || domainToASCII(unicode) !== hostname || unicode !== unicode.normalize('NFC')) return false;
  const labels = unicode.split('.');
  return labels.every((label) => !label.startsWith('xn--') && LABEL.test(label)) && passesBidi(labels);
}

function passesBidi(labels: readonly string[]): boolean {
  if (!labels.some((label) => RIGHT_TO_LEFT.test(label))) return true;
  return labels.every((label) => /^[a-z]+$/.test(label) || (/^\p{L}/u.test(label) && RIGHT_TO_LEFT_LABEL.test(label)));
}
