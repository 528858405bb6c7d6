/**
 * The weak entity tag of a body, in the form of Express: its length and a hash (RFC 9110 §8.8.3).
 *
 * The hash has 53 bits and is not cryptographic: whoever could make two bodies of one tag is the
 * extension that sends them.
 */
export function entityTag(body: Uint8Array): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < body.length; i++) {
    const code = body[i]!;
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  const hash = (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
  return `W/"${body.length.toString(16)}-${hash.toString(36)}"`;
}

/** What a client has of a resource, as its request says. */
export interface Conditions {
  ifNoneMatch: string | null;
  ifModifiedSince: string | null;
  cacheControl: string | null;
}

/** Reads the conditions of a request. Null if there is none, as is usual. */
export function readConditions(headers: Headers): Conditions | null {
  const ifNoneMatch = headers.get('if-none-match');
  const ifModifiedSince = headers.get('if-modified-since');
  if (ifNoneMatch === null && ifModifiedSince === null) return null;
  return { ifNoneMatch, ifModifiedSince, cacheControl: headers.get('cache-control') };
}

/**
 * Whether a client has the response already (RFC 9110 §13.1): by its tag, compared weakly, else by
 * its date. A request that forbids caches gets it anew, as from Express.
 */
export function isFresh({ ifNoneMatch, ifModifiedSince, cacheControl }: Conditions, headers: Headers): boolean {
  if (cacheControl !== null && /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(cacheControl)) return false;
  if (ifNoneMatch !== null) {
    const tag = headers.get('etag');
    return ifNoneMatch.trim() === '*' || (tag !== null && splitTags(ifNoneMatch).includes(withoutWeakness(tag)));
  }
  const modifiedMs = Date.parse(headers.get('last-modified') ?? '');
  return modifiedMs <= Date.parse(ifModifiedSince ?? ''); // NaN is not
}

function splitTags(list: string): string[] {
  return list.split(',').map((tag) => withoutWeakness(tag.trim()));
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
