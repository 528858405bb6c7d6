import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { EndpointRouter, type RouteRegistration } from './endpoint-router.js';
import { MAX_ROUTE_COST, parseRoutePattern } from './route-pattern.js';
import { Sequence } from './sequence.js';

const matches = (pattern: string, path: string): boolean => parseRoutePattern(pattern).matches(new Sequence(path));

const get = (path: string, handler = 0): RouteRegistration => ({ type: 'route', method: 'GET', path, handler });

describe('EndpointRouter', () => {
  test.each([
    ['/', ['/'], ['/a', '//']],
    ['', ['/'], ['/a']],
    ['/a', ['/a', '/a/'], ['/', '/a//', '/ab', '/a/b', '/b']],
    ['/a/', ['/a', '/a/'], ['/']],
    ['/A/b', ['/a/b'], ['/a']],
    ['/:id', ['/1', '/1/', '/a.b-c'], ['/', '/1/2', '//']],
    ['/items/:id?', ['/items', '/items/', '/items/1', '/items/1/'], ['/itemsfoo', '/items/1/2', '/']],
    ['/:a/:b', ['/1/2'], ['/1', '/1/2/3', '//2']],
    ['/:from-:to', ['/a-b', '/a-b-c'], ['/a', '/-b', '/a-', '/a-b/c']],
    ['/:file.:ext', ['/a.b', '/a.b.c'], ['/a', '/a.']],
    ['/a/:id/b', ['/a/1/b', '/a/1/b/'], ['/a//b', '/a/1/2/b']],
    ['*', ['/', '/a', '/a/b/'], []],
    ['/files/*', ['/files/', '/files/a/b.c'], ['/files', '/file/']],
    ['/files/*.png', ['/files/a.png', '/files/a/b.png', '/files/.png/'], ['/files/a.jpg', '/files/apng']],
    ['/a*b*c', ['/abc', '/axbxc', '/a/b/c', '/abbcc'], ['/acb', '/ab']],
    ['/ab?cd', ['/abcd', '/acd'], ['/abbcd', '/abd']],
    ['/a/?', ['/a', '/a/', '/a//'], ['/']],
    ['/*?', ['/', '/a'], []],
    ['?', ['/'], ['/a']],
    ['/a:?b', ['/ab', '/a:b'], ['/a']],
    ['/:a:b', ['/xy', '/xyz'], ['/x', '/', '/x/y']],
    ['/:a?/:b?', ['/', '/1', '/1/2', '/1/2/'], ['/1/2/3', '//2/3']],
    ['*/:id', ['/1', '/a/b/1', '//1'], ['/']],
    ['/a:', ['/a:'], ['/ab']],
    ['a', [], ['/a']],
  ])('the path %s', (pattern, accepted, refused) => {
    expect(accepted.filter((path) => !matches(pattern, path))).toEqual([]);
    expect(refused.filter((path) => matches(pattern, path))).toEqual([]);
  });

  test.each(['/(a|b)', '/:id(\\d+)', '/[ab]', '/a{2}', '/a|b', '/^a', '/a\\b', '/:path+', '/a$'])(
    'refuses %s at load',
    (path) => {
      expect(() => parseRoutePattern(path)).toThrow(
        expect.objectContaining({ code: 'E_LOAD', message: expect.stringContaining(path) }),
      );
    },
  );

  test('refuses a path beyond the limit', () => {
    for (const path of ['/'.padEnd(513, 'a'), '*'.repeat(33)])
      expect(() => parseRoutePattern(path)).toThrow(expect.objectContaining({ code: 'E_LOAD' }));
  });

  test('a pattern made for backtracking is answered at once', () => {
    // exponential work would outlast the test's time limit
    expect(matches(`${'/*a?:p'.repeat(32)}!`, `/${'a/'.repeat(2_000)}`)).toBe(false);
  });

  test('matching agrees with a regular expression', () => {
    const steps = fc.constantFrom('/', 'a', 'b', '*', ':p', '/:p', '/:p?', 'a?', '/?');
    const path = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 8 }).map((parts) => `/${parts.join('')}`);
    const meaning: Readonly<Record<string, string>> = {
      '*': '.*',
      ':p': '[^/]+',
      '/:p': '/[^/]+',
      '/:p?': '(?:/[^/]+)?',
    };
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 6 }), path, (parts, candidate) => {
        const pattern = parts.join('');
        fc.pre(!/^\/+$|:p[ab]/.test(pattern)); // the root has no other form; the name goes on
        const tokens = pattern.replace(/(?<=.)\/$/, '').match(/\/?:p\??|.\??/g) ?? [];
        const source = tokens.map(
          (token) => meaning[token] ?? (token === ':p?' ? '(?:[^/]+)?' : token === '*?' ? '.*' : token),
        );
        expect(matches(pattern, candidate)).toBe(new RegExp(`^(?:${source.join('')})/?$`).test(candidate));
      }),
      { numRuns: 5_000, seed: 1 },
    );
  });

  test('refuses wildcards that cost too much together, and mounts nothing', () => {
    const router = new EndpointRouter<string>();
    const routes = Array.from({ length: 20 }, (_, i) => get('/*aaaaaa'.repeat(32), i));
    expect(() => router.mount('wild', 'x', routes)).toThrow(
      expect.objectContaining({ code: 'E_LOAD', message: expect.stringContaining(String(MAX_ROUTE_COST)) }),
    );
    expect(router.find('GET', '/wild/')).toBeNull();
  });

  test('the worst patterns there may be, and the longest path, keep a request for a moment', () => {
    const router = new EndpointRouter<string>();
    router.mount(
      'e',
      'x',
      Array.from({ length: 8 }, (_, i) => get(`${'*/:a/b?'.repeat(32)}${'a'.repeat(280)}!`, i)),
    );
    const path = `/e/${'a/b'.repeat(600)}`;
    const beganMs = performance.now();
    for (let i = 0; i < 10; i++) expect(router.find('GET', path)).toBeNull();
    // 10 ms; 700 when each position was looked at by itself
    expect(performance.now() - beganMs).toBeLessThan(500);
  });

  test('mounts by package name, scoped names as they are, without case', () => {
    const router = new EndpointRouter<string>();
    router.mount('hello', 'plain', [get('/a')]);
    router.mount('@acme/hello', 'scoped', [get('/a')]);
    expect(router.find('GET', '/hello/a')).toEqual({ owner: 'plain', handler: 0, mountLength: 6 });
    expect(router.find('GET', '/Hello/A/')).toMatchObject({ owner: 'plain' });
    expect(router.find('GET', '/@acme/hello/a')).toEqual({ owner: 'scoped', handler: 0, mountLength: 12 });
    for (const path of ['/', '/a', '/helloa', '/hello', '/@acme', '/@acme/a', '//hello/a', '/acme/hello/a'])
      expect(router.find('GET', path)).toBeNull();
  });

  test('a path is matched in one form, whose escapes mean nothing; what is left of it keeps its own', () => {
    const router = new EndpointRouter<string>();
    router.mount('hello', 'plain', [get('*')]);
    router.mount('@acme/hello', 'scoped', [get('/a~b')]);
    expect(router.find('GET', '/%48e%6Clo/%61')).toEqual({ owner: 'plain', handler: 0, mountLength: 10 });
    expect(router.find('GET', '/%40acme/hel%6co/%41%7eb')).toEqual({ owner: 'scoped', handler: 0, mountLength: 16 });
    for (const path of ['/%40acme%2Fhello/a~b', '/@acme/x%2F..%2Fhello/a~b', '/hello%3F', '/%2Fhello', '/hel%C3%B6o'])
      expect(router.find('GET', path)).toBeNull();
  });

  test.each([
    ['victim', 'Victim'],
    ['Victim', 'victim'],
    ['@acme/victim', '@acme/VICTIM'],
  ])('beside %s, %s is not mounted, and does not unmount it', (name, other) => {
    const router = new EndpointRouter<string>();
    router.mount(name, 'first', [get('/')]);
    expect(() => router.mount(other, 'second', [get('*')])).toThrow(
      expect.objectContaining({ code: 'E_LOAD', message: expect.stringContaining(`"${name}"`) }),
    );
    router.unmount(other);
    expect(router.find('GET', `/${other}`)?.owner).toBe('first');
    router.unmount(name);
    router.mount(other, 'second', [get('*')]);
    expect(router.find('GET', `/${name}`)?.owner).toBe('second');
  });

  test('the mount itself is the path /', () => {
    const router = new EndpointRouter<string>();
    router.mount('hello', 'x', [get('/')]);
    for (const path of ['/hello', '/hello/']) expect(router.find('GET', path)).toMatchObject({ owner: 'x' });
  });

  test('the first registered route wins, whether it has wildcards or not', () => {
    const router = new EndpointRouter<string>();
    router.mount('e', 'x', [get('/a', 1), get('/:any', 2), get('/b', 3), get('/a', 4), get('*', 5)]);
    expect(['/e/a', '/e/b', '/e/c/d'].map((path) => router.find('GET', path)?.handler)).toEqual([1, 2, 5]);
  });

  test('methods are apart; HEAD finds what GET finds', () => {
    const router = new EndpointRouter<string>();
    router.mount('e', 'x', [{ type: 'route', method: 'POST', path: '/a', handler: 1 }, get('/a', 2)]);
    expect(
      ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'get'].map((method) => router.find(method, '/e/a')?.handler),
    ).toEqual([2, 2, 1, undefined, undefined, undefined]);
  });

  test('tells the methods that a path answers to', () => {
    const router = new EndpointRouter<string>();
    router.mount('e', 'x', [{ type: 'route', method: 'POST', path: '/a', handler: 1 }, get('/:id', 2)]);
    expect([router.methods('/E/a'), router.methods('/e/b'), router.methods('/e'), router.methods('/x')]).toEqual([
      ['GET', 'HEAD', 'POST'],
      ['GET', 'HEAD'],
      [],
      [],
    ]);
  });

  test('mounting again replaces, unmounting removes', () => {
    const router = new EndpointRouter<string>();
    router.mount('e', 'old', [get('/a')]);
    router.mount('e', 'new', [get('/b')]);
    expect([router.find('GET', '/e/a'), router.find('GET', '/e/b')?.owner]).toEqual([null, 'new']);
    router.unmount('e');
    expect(router.find('GET', '/e/b')).toBeNull();
  });

  test('a path longer than wildcards are matched with still finds static routes', () => {
    const router = new EndpointRouter<string>();
    router.mount('e', 'x', [get('*')]);
    expect(router.find('GET', `/e/${'a'.repeat(2_000)}`)).not.toBeNull();
    expect(router.find('GET', `/e/${'a'.repeat(2_100)}`)).toBeNull();
  });
});
