import { limitsSchema } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { makeFolder } from '../testing/files.js';
import { CONFIG_OPTIONS } from './options.js';
import { printConfig, readConfig } from './read-config.js';
import { configSchema } from './schema.js';

const nowhere = { env: {}, cwd: '/nowhere' };

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('readConfig', () => {
  test('gives every setting its default', async () => {
    const config = await readConfig(nowhere);
    expect(config).toMatchObject({
      extensions: '/nowhere/extensions',
      isolation: 'pristine',
      limits: limitsSchema.parse({}),
      request: { timeoutMs: 100_000 },
    });
    expect(config.service).toMatchObject({ port: 3_000, hostname: '127.0.0.1', status: false, graceMs: 10_000 });
  });

  test('puts flags above the environment above the file above the defaults', async () => {
    const cwd = await makeFolder({
      'sandglass.config.json': { limits: { cpuTimeMs: 1, wallTimeMs: 2, loadTimeMs: 3 }, isolation: 'persistent' },
    });
    const env = { SANDGLASS_CPU_TIME_MS: '11', SANDGLASS_WALL_TIME_MS: '12' };
    const config = await readConfig({ env, cwd }, { 'cpu-time-ms': '21' });
    expect(config.limits).toMatchObject({ cpuTimeMs: 21, wallTimeMs: 12, loadTimeMs: 3, maxLogLines: 10_000 });
    expect(config.isolation).toBe('persistent');
  });

  test("reads Directus' variables, below Sandglass' own", async () => {
    const env = {
      EXTENSIONS_PATH: 'ext',
      EXTENSIONS_SANDBOX_MEMORY: '64',
      EXTENSIONS_SANDBOX_TIMEOUT: '250',
      IMPORT_IP_DENY_LIST: '203.0.113.0/24, 10.0.0.1-10.0.0.9',
      PORT: '8080',
    };
    const config = await readConfig({ env: { ...env, SANDGLASS_CPU_TIME_MS: '300' }, cwd: '/srv' });
    expect(config).toMatchObject({
      extensions: '/srv/ext',
      limits: { memoryLimitBytes: 64 * 1024 * 1024, cpuTimeMs: 300 },
      request: { denyAddresses: ['203.0.113.0/24', '10.0.0.1-10.0.0.9'] },
      service: { port: 8080 },
    });
  });

  test.each([
    ['1000', 5_000],
    ['2s', 10_000],
    ['60000', 60_000],
  ])("maps Directus' time limit of %s ms of V8 to what the same takes here", async (text, cpuTimeMs) => {
    const { limits } = await readConfig({ ...nowhere, env: { EXTENSIONS_SANDBOX_TIMEOUT: text } });
    expect(limits.cpuTimeMs).toBe(cpuTimeMs);
  });

  test('takes functions and capabilities from a module', async () => {
    const cwd = await makeFolder({
      'sandglass.config.mjs':
        'export default { grant: (extension, requested) => ({ log: requested.log }), service: { port: 0 } };',
    });
    const config = await readConfig({ env: {}, cwd });
    expect(await config.grant!({ name: 'x', version: '1', type: 'hook' }, { log: {}, sleep: {} })).toEqual({ log: {} });
  });

  test.each<[string, Record<string, string>, Record<string, unknown>, string]>([
    [
      'a flag that is no number',
      {},
      { 'cpu-time-ms': 'fast' },
      '--cpu-time-ms is "fast": it has to be an integer from 1 to 60000',
    ],
    ['a flag out of its range', {}, { port: '70000' }, '--port is 70000: it has to be an integer from 0 to 65535'],
    [
      'a variable out of its range',
      { SANDGLASS_MAX_THREADS: '1025' },
      {},
      'SANDGLASS_MAX_THREADS is 1025: it has to be an integer from 0 to 1024',
    ],
    [
      'a variable of Directus',
      { EXTENSIONS_SANDBOX_TIMEOUT: 'soon' },
      {},
      'EXTENSIONS_SANDBOX_TIMEOUT is "soon": it has to be',
    ],
    [
      'a choice that is none',
      {},
      { isolation: 'loose' },
      '--isolation is "loose": it has to be "pristine" or "persistent"',
    ],
    [
      'a short token',
      { SANDGLASS_TOKEN: 'secret' },
      {},
      'SANDGLASS_TOKEN has 6 characters: it has to be a string of at least 16 characters',
    ],
    ['an unknown variable', { SANDGLASS_CPU_TIME: '1' }, {}, 'Unknown environment variable SANDGLASS_CPU_TIME'],
  ])('refuses %s, by its name', async (_what, env, flags, message) => {
    await expect(readConfig({ env, cwd: '/nowhere' }, flags)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });

  test.each<[string, string, string]>([
    [
      'an unknown key',
      '{"limits":{"cpuTime":1}}',
      'sandglass.config.json: limits.cpuTime is unknown. Did you mean "cpuTimeMs"?',
    ],
    ['a group that is none', '{"service":1}', 'sandglass.config.json: service is 1: it has to be an object'],
    ['broken JSON', '{', 'Cannot read "sandglass.config.json"'],
    ['a list', '[]', 'it has to hold an object'],
  ])('refuses %s in the file', async (_what, text, message) => {
    const cwd = await makeFolder({ 'sandglass.config.json': text });
    await expect(readConfig({ env: {}, cwd })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });

  test('refuses a file that was named and is not there', async () => {
    await expect(readConfig(nowhere, { config: 'x.json' })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('x.json'),
    });
  });

  test('reads an empty NODE_ENV as none', async () => {
    expect((await readConfig({ env: { SANDGLASS_NODE_ENV: '' }, cwd: '/nowhere' })).nodeEnv).toBeNull();
  });

  test('prints everything but the token', async () => {
    const config = await readConfig(nowhere, { token: 'a-token-that-is-long' });
    const printed = printConfig(config);
    expect(printed).not.toContain('a-token-that-is-long');
    expect(configSchema.safeParse({ ...JSON.parse(printed), service: {} }).success).toBe(true);
  });

  test('has a flag and a variable for every setting that is no code', async () => {
    const config = await readConfig(nowhere);
    const paths = Object.entries(config).flatMap(([key, value]) =>
      isGroup(value) ? Object.keys(value).map((name) => `${key}.${name}`) : [key],
    );
    const known = CONFIG_OPTIONS.map(({ path }) => path);
    expect(known).toEqual(expect.arrayContaining(paths));
    expect(new Set(CONFIG_OPTIONS.map(({ flag }) => flag)).size).toBe(CONFIG_OPTIONS.length);
  });

  test('prints no token', async () => {
    const tokens = { SANDGLASS_TOKEN: 'a-token-of-some-length', SANDGLASS_METRICS_TOKEN: 'another-of-some-length' };
    const printed = printConfig(await readConfig({ ...nowhere, env: tokens }));
    for (const token of Object.values(tokens)) expect(printed).not.toContain(token);
    expect(JSON.parse(printed)).toMatchObject({
      service: { token: '(hidden)', metricsToken: '(hidden)', metrics: true },
    });
  });
});
