import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a request bears the token: as `Authorization: Bearer`, or as the password of `Basic`,
 * which browsers ask for.
 *
 * Takes the same time for every token.
 */
export function bearsToken(request: Request, token: string): boolean {
  const [scheme = '', given = ''] = (request.headers.get('authorization') ?? '').split(' ', 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return isSame(given, token);
    case 'basic':
      return isSame(passwordOf(given), token);
    default:
      return false;
  }
}

/**
 * Whether a request that does something bears the token: as `Bearer`, or as a password with a
 * header that a page of another site cannot send. Browsers send a password that they know with
 * whatever a page asks for.
 */
export function bearsTokenToAct(request: Request, token: string): boolean {
  const [scheme = ''] = (request.headers.get('authorization') ?? '').split(' ', 1);
  return bearsToken(request, token) && (scheme.toLowerCase() === 'bearer' || request.headers.has('x-requested-with'));
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

/** Hashes first: `timingSafeEqual` wants equal lengths, and the length is a secret too. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
