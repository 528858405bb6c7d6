import { describe, expect, test } from 'vitest';

import { CapabilityError } from '../error.js';
import { DeniedAddressError, toCapabilityError } from './failure.js';

const url = new URL('https://x.test:8443/secret?token=1');
const withCode = (code: string): Error => Object.assign(new Error(`connect ${code} 10.1.2.3:8443`), { code });

describe('failures of a request', () => {
  test.each([
    ['ECONNREFUSED', 'ECONNREFUSED', 'connection refused'],
    ['ECONNRESET', 'ECONNRESET', 'connection closed before the answer was complete'],
    ['UND_ERR_SOCKET', 'ECONNRESET', 'connection closed before the answer was complete'],
    ['ENOTFOUND', 'ENOTFOUND', 'its name cannot be resolved'],
    ['EAI_AGAIN', 'EAI_AGAIN', 'its name cannot be resolved at the moment'],
    ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT', 'no connection within the time limit'],
    ['CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
    ['EPROTO', 'EPROTO', 'no secure connection'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO', 'no secure connection'],
    ['UND_ERR_HEADERS_OVERFLOW', 'ERR_BAD_RESPONSE', 'its answer cannot be read'],
    ['Z_DATA_ERROR', 'ERR_BAD_RESPONSE', 'its answer cannot be read'],
    ['toString', 'ERR_NETWORK', 'network error'],
    ['EWHATEVER', 'ERR_NETWORK', 'network error'],
  ])('%s tells the guest %s and no address', (code, told, words) => {
    for (const error of [withCode(code), new AggregateError([withCode(code), withCode('EOTHER')])]) {
      const failure = toCapabilityError(url, error);
      expect(failure.wire).toEqual({
        name: 'Error',
        message: `Request to "x.test:8443" failed: ${words}`,
        properties: { code: told },
        code: 'E_NETWORK',
      });
      expect(failure.cause).toBe(error);
    }
  });

  test('a denied address is a refusal, and a capability’s own words stay', () => {
    const denied = toCapabilityError(url, new DeniedAddressError('x.test', '10.1.2.3'));
    expect(denied.wire).toMatchObject({ code: 'E_SCOPE', message: expect.not.stringContaining('10.1.2.3') });
    const own = new CapabilityError('E_QUOTA', 'too much');
    expect(toCapabilityError(url, own)).toBe(own);
  });
});
