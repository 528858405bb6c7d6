import { describe, expect, test } from 'vitest';

import { compileRequestScope } from '../../gate/request-scope.js';
import { redirect } from './redirect.js';

const gate = compileRequestScope({ urls: ['*'], methods: ['GET'] });

describe('redirect', () => {
  test.each([
    ['http://x.com/a', 'https://x.com/b', true],
    ['http://x.com/a', '/b', true],
    ['https://x.com/a', 'http://x.com/b', false],
    ['http://x.com:8080/a', 'https://x.com/b', false],
    ['http://x.com/a', 'https://x.com:8443/b', false],
    ['http://x.com/a', 'https://www.x.com/b', false],
    ['http://x.com/a', 'https://X.COM:443/b', true],
  ])('credentials from %s to %s are kept: %s', (from, location, kept) => {
    const headers = { authorization: 'secret', 'x-key': 'secret', accept: '*/*' };
    const request = { url: new URL(from), method: 'GET', headers, body: null };
    const { headers: sent } = redirect(request, { status: 302, location }, gate);
    expect(Object.keys(sent)).toEqual(kept ? Object.keys(headers) : ['accept']);
  });
});
