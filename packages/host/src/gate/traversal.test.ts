import { describe, expect, test } from 'vitest';

import { hasTraversal } from './traversal.js';

describe('hasTraversal', () => {
  test.each([
    ['/v1/%2e%2e/admin', 'encoded'],
    ['/v1/.%2E/admin', 'half encoded'],
    ['/v1/..%2fadmin', 'encoded slash'],
    ['/v1/..%5cadmin', 'encoded backslash'],
    ['/v1/%252e%252e/admin', 'encoded twice'],
    ['/v1/%25252e%25252e%25252fadmin', 'encoded three times'],
    ['/v1/%%32%65%%32%65/admin', 'escapes inside an escape'],
    ['/v1/%25%32%65%25%32%65/', 'every character of an escape encoded'],
    ['/v1/%c0%ae%c0%ae/admin', 'overlong UTF-8'],
    ['/v1/%e0%80%ae%e0%80%ae/admin', 'overlong UTF-8, three bytes'],
    ['/v1/%ef%bc%8e%ef%bc%8e/admin', 'full-width dots'],
    ['/v1/%u002e%u002e/admin', 'IIS escapes'],
    ['/v1/..;/admin', 'path parameter'],
    ['/v1/..;a=b/admin', 'path parameter with a value'],
    ['/v1/..%00/admin', 'NUL behind the dots'],
    ['/v1/..%20/admin', 'space behind the dots'],
    ['/v1/x%2f..', 'at the end'],
    ['/..%2f', 'at the start'],
  ])('hasTraversal finds %s (%s)', (path) => {
    expect(hasTraversal(path)).toBe(true);
  });

  test.each([
    '/',
    '/v1/users',
    '/v1/a..b',
    '/v1/...',
    '/v1/..a',
    '/v1/%2e',
    '/v1/%zz',
    '/v1/100%',
    '/v1/a%20b',
    '/v1/%e2%80%a6',
    '/v1/.well-known/x',
  ])('hasTraversal lets %s pass', (path) => {
    expect(hasTraversal(path)).toBe(false);
  });
});
