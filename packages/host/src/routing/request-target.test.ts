import { describe, expect, test } from 'vitest';

import { splitTarget } from './request-target.js';

describe('the target of a request', () => {
  test.each([
    'http://a.test',
    'http://a.test/',
    'http://a.test/x/y%2Fz',
    'http://a.test/x?q=1&r=a/b?c',
    'http://a.test/x?',
    'http://a.test?q',
    'http://a.test/x#part?no',
    'http://a.test/x?q#part',
    'http://a.test/x?#part',
    'http://[::1]:81/x://y?http://b.test/#c',
    'https://a.test:8443/../ä?ö',
  ])('%s is split as a URL is', (url) => {
    const { pathname, search } = new URL(url);
    expect(splitTarget(new Request(url).url)).toEqual({ path: pathname, search });
  });
});
