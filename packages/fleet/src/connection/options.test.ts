import type { FleetOptions } from '@sandglass/host/fleet';
import { describe, expect, test } from 'vitest';

import { checkFleetOptions } from './options.js';

describe('the options of the fleet', () => {
  test('have defaults, and a name for the node', () => {
    const { name, ...rest } = checkFleetOptions({ servers: 'nats://a:4222' });
    expect(rest).toEqual({ servers: ['nats://a:4222'], prefix: 'sandglass', maxWork: 32, timeoutMs: 5_000 });
    expect(name).toMatch(/^[\w-]+-[0-9a-f]{8}$/);
  });

  test.each(['nats://a:4222', 'tls://a.example.com', '10.0.0.1:4222', 'nats://[::1]:4222'])('take %s', (server) => {
    expect(checkFleetOptions({ servers: server }).servers).toEqual([server]);
  });

  test.each<[string, unknown, RegExp]>([
    ['no servers', {}, /servers is missing: it has to be nats:/],
    ['an empty list', { servers: [] }, /servers/],
    ['another scheme', { servers: 'http://a:80' }, /servers is "http:\/\/a:80": it has to be nats:/],
    ['a path', { servers: 'nats://a/x' }, /servers is "nats:\/\/a\/x"/],
    ['a password in the address', { servers: 'nats://ann:pw@a' }, /servers/],
    ['two kinds of credentials', { servers: 'a', credentials: { token: 'x', user: 'ann' } }, /credentials/],
    ['half of credentials', { servers: 'a', credentials: { user: 'ann' } }, /credentials/],
    ['a misspelt option', { servers: 'a', timeout: 5 }, /timeout is unknown. Did you mean "timeoutMs"/],
    ['a prefix with a dot', { servers: 'a', prefix: 'a.b' }, /prefix is "a.b": it has to be 1 to 64 letters/],
    ['no time at all', { servers: 'a', timeoutMs: 0 }, /timeoutMs is 0: it has to be an integer from 100 to 60000/],
  ])('refuse %s', (_name, options, message) => {
    const check = (): unknown => checkFleetOptions(options as FleetOptions);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(message);
  });

  test('say nothing of a password', () => {
    const check = (): unknown =>
      checkFleetOptions({ servers: 'a', credentials: { password: 'hunter2' } } as FleetOptions);
    expect(check).toThrow(TypeError);
    expect(check).not.toThrow(/hunter2/);
  });
});
