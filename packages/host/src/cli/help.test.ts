import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { COMMANDS, runCli } from './cli.js';
import { SHELLS } from './completion.js';
import { formatAmount, parseAmount, type Unit } from './config/units.js';
import { fakeIo } from './testing/fake-io.js';
import { makeFolder, packageJson } from './testing/files.js';

async function sandglass(
  args: string[],
  options: Parameters<typeof fakeIo>[0] = {},
): Promise<[number, string, string]> {
  const io = fakeIo(options);
  const code = await runCli(args, io);
  return [code, io.out(), io.err()];
}

describe('renderHelp', () => {
  test.each(['', ...Object.keys(COMMANDS)])(
    'the help of "%s" fits into 100 columns, without a blank at an end',
    async (name) => {
      const [code, out, err] = await sandglass(name === '' ? ['help'] : ['help', name]);
      expect([code, err]).toEqual([0, '']);
      const lines = out.split('\n');
      expect(lines.filter((line) => line.length > 100 || line.endsWith(' '))).toEqual([]);
      expect(lines[0]).toContain(`sandglass${name === '' ? '' : ` ${name}`}`);
    },
  );

  test('the help shows groups, defaults in units, choices, variables and one-letter flags', async () => {
    const [, out] = await sandglass(['serve', '--help']);
    for (const text of [
      '\nLimits of one call\n',
      '\nService\n',
      '--isolation <pristine|persistent>',
      '-p, --port <number>',
      'default 32MB;',
      '--[no-]metrics',
    ])
      expect(out).toContain(text);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('SANDGLASS_CPU_TIME_MS or EXTENSIONS_SANDBOX_TIMEOUT]');
  });

  test.each([
    ['run', ['--port', '--extensions', '--max-threads']],
    ['inspect', ['--port', '--token', '--status']],
    ['snapshot', ['--port', '--request-timeout-ms', '--token']],
  ])('%s shows and takes no flag that it has no use for', async (name, flags) => {
    const [, out] = await sandglass([name, '--help']);
    for (const flag of flags) {
      expect(out).not.toContain(flag);
      const [code, , err] = await sandglass([name, '.', flag, '1']);
      expect(code).toBe(2);
      expect(err).toContain(`Unknown option '${flag}': this command does not take it`);
    }
  });

  test.each<[string, string[], string]>([
    ['a command', ['serv'], 'Did you mean "serve"?'],
    ['a flag', ['serve', '--pot', '1'], 'Did you mean --port?'],
    ['a choice', ['serve', '--log-level', 'wran'], 'Did you mean "warn"?'],
    ['a shell', ['completion', 'bsh'], 'Did you mean "bash"?'],
  ])('a misspelt word is answered with the right one: %s', async (_what, args, hint) => {
    const [code, , err] = await sandglass(args);
    expect([code, err]).toEqual([2, expect.stringContaining(hint)]);
  });

  test('a misspelt variable is answered with the right one', async () => {
    const [code, , err] = await sandglass(['serve', '--print-config'], { env: { SANDGLASS_PROT: '1' } });
    expect([code, err]).toEqual([2, expect.stringContaining('Did you mean SANDGLASS_PORT?')]);
  });

  test.each<[string, Unit, number | undefined]>([
    ['32MB', 'size', 33_554_432],
    ['1.5 kb', 'size', 1_536],
    ['2GiB', 'size', 2_147_483_648],
    ['7', 'size', 7],
    ['7b', 'size', 7],
    ['5s', 'time', 5_000],
    ['250ms', 'time', 250],
    ['2min', 'time', 120_000],
    ['1h', 'time', 3_600_000],
    ['5s', 'size', undefined],
    ['5MB', 'time', undefined],
    ['fast', 'time', undefined],
    ['', 'size', undefined],
  ])('reads the amount "%s" as a %s', (text, unit, amount) => {
    expect(parseAmount(text, unit)).toBe(amount);
  });

  test.each<[number, Unit, string]>([
    [33_554_432, 'size', '32MB'],
    [1_000, 'size', '1000'],
    [0, 'time', '0'],
    [1_500, 'time', '1500ms'],
    [60_000, 'time', '1min'],
  ])('writes %i as a %s', (amount, unit, text) => {
    expect(formatAmount(amount, unit)).toBe(text);
  });

  test('flags and variables take units, and the help of a wrong one shows them', async () => {
    const env = { MAX_PAYLOAD_SIZE: '2mb', SANDGLASS_WALL_TIME_MS: '5s', HOST: '127.0.0.2', LOG_LEVEL: 'trace' };
    const [, out] = await sandglass(['serve', '-p', '0', '--memory-limit-bytes', '64MB', '--print-config'], { env });
    expect(JSON.parse(out)).toMatchObject({
      maxBodyBytes: 2_097_152,
      limits: { wallTimeMs: 5_000, memoryLimitBytes: 67_108_864 },
      service: { port: 0, hostname: '127.0.0.2', logLevel: 'debug' },
    });
    const [code, , err] = await sandglass(['serve', '--cpu-time-ms', '5MB']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(
        '--cpu-time-ms is "5MB": it has to be an integer from 1 to 60000, for example 500ms or 5s',
      ),
    ]);
  });

  test.each(SHELLS)('the completion of %s knows every command and flag', async (shell) => {
    const [code, out] = await sandglass(['completion', shell]);
    expect(code).toBe(0);
    for (const { name, args } of Object.values(COMMANDS)) {
      expect(out).toContain(name);
      const flags = Object.keys(args).filter((flag) => args[flag]!.type !== 'positional');
      expect(flags.filter((flag) => !out.includes(flag))).toEqual([]);
    }
  });

  test.runIf(process.platform !== 'win32')('bash completes commands, flags and choices', async () => {
    const [, script] = await sandglass(['completion', 'bash']);
    const ask = (...words: string[]): string =>
      `COMP_WORDS=(sandglass ${words.join(' ')}); COMP_CWORD=${words.length}; _sandglass; echo "\${COMPREPLY[@]}"`;
    const asked = [ask('ser'), ask('serve', '--isol'), ask('serve', '--isolation', 'pr')].join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', `${script}\n${asked}`]);
    expect(stdout.trim().split('\n')).toEqual(['serve', '--isolation', 'pristine']);
  });

  test('doctor looks at what serve would use, and fails for what cannot work', async () => {
    const folder = await makeFolder({ 'a/package.json': packageJson('a', 'hook'), 'b.txt': '' });
    const [code, out] = await sandglass(['doctor', '.', '-p', '0'], { cwd: folder });
    expect(code).toBe(0);
    for (const name of ['node', 'versions', 'cpu', 'memory', 'extensions', 'snapshots', 'address', 'sandbox'])
      expect(out).toMatch(new RegExp(`^ok +${name} `, 'm'));
    const [failed, text] = await sandglass(
      ['doctor', './b.txt', '-p', '0', '--snapshots', './b.txt/x', '--hostname', '192.0.2.1'],
      { cwd: folder },
    );
    expect(failed).toBe(1);
    expect(text.match(/^error +\w+/gm)?.map((line) => line.split(/ +/)[1])).toEqual([
      'extensions',
      'snapshots',
      'address',
    ]);
  });
});
