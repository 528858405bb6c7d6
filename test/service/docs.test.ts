import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ERROR_CODES } from '@sandglass/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { runCli } from '../../packages/host/src/cli/cli.js';
import { KNOWN_VARIABLES } from '../../packages/host/src/cli/config/environment.js';
import { CONFIG_OPTIONS } from '../../packages/host/src/cli/config/options.js';
import { readConfig } from '../../packages/host/src/cli/config/read-config.js';
import { fakeIo } from '../../packages/host/src/cli/testing/fake-io.js';
import { METRIC_FAMILIES } from '../../packages/host/src/service/metrics.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Pages of users. The others are about the code. */
const PAGES = [
  'api.md',
  'authors.md',
  'deployment.md',
  'library.md',
  'migration.md',
  'operator.md',
  'serverless.md',
  'service.md',
];

const pages = new Map(
  await Promise.all(PAGES.map(async (page) => [page, await readFile(join(ROOT, 'docs', page), 'utf8')] as const)),
);

interface Block {
  page: string;
  text: string;
}

function blocks(language: string): Block[] {
  return [...pages].flatMap(([page, text]) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, block]) => ({
      page,
      text: block!,
    })),
  );
}

/** Tables between `<!-- table: name -->` and `<!-- end -->`. `UPDATE_DOCS=1` writes them. */
const TABLES: Record<string, () => Promise<string[][]>> = {
  async options() {
    // looked through by name
    const config = (await readConfig({ env: {}, cwd: '/' })) as unknown as Record<string, Record<string, unknown>>;
    const rows = CONFIG_OPTIONS.map(({ path, flag, env, description }) => {
      const [group, name] = path.split('.') as [string, string | undefined];
      const value =
        path === 'pool.maxThreads'
          ? "the machine's parallelism"
          : path === 'extensions'
            ? './extensions'
            : name === undefined
              ? config[group]
              : config[group]?.[name];
      return [
        `\`--${flag}\``,
        `\`${env}\``,
        `\`${path}\``,
        value === undefined ? '' : Array.isArray(value) ? value.join() : String(value),
        description,
      ];
    });
    return [['flag', 'variable', 'key', 'default', 'what it sets'], ...rows];
  },
  variables: () =>
    Promise.resolve([
      ['variable', 'sets', 'what it holds'],
      ...KNOWN_VARIABLES.map(({ env, path, description }) => [`\`${env}\``, `\`${path}\``, description]),
    ]),
  codes: async () => {
    const source = await readFile(join(ROOT, 'packages/core/src/errors.ts'), 'utf8');
    const meaning = (code: string): string => new RegExp(`/\\*\\* (.+) \\*/\\s+${code}: \\{`).exec(source)?.[1] ?? '';
    const rows = Object.entries(ERROR_CODES).map(([code, { status, fault, retry }]) => [
      `\`${code}\``,
      String(status),
      fault,
      retry ? 'yes' : 'no',
      meaning(code),
    ]);
    return [['code', 'status', 'whose fault', 'try again', 'meaning'], ...rows];
  },
  metrics: () =>
    Promise.resolve([
      ['metric', 'type', 'meaning'],
      ...METRIC_FAMILIES.map(({ name, type, help }) => [`\`${name}\``, type, help]),
    ]),
};

async function withTables(text: string): Promise<string> {
  let result = text;
  for (const [name, read] of Object.entries(TABLES)) {
    const [head, ...rows] = (await read()) as [string[], ...string[][]];
    const lines = [head, head.map(() => '---'), ...rows].map(
      (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
    );
    result = result.replace(
      new RegExp(`<!-- table: ${name} -->\n[^]*?<!-- end -->`, 'g'),
      () => `<!-- table: ${name} -->\n${lines.join('\n')}\n<!-- end -->`,
    );
  }
  return result;
}

/** The formatter pads cells to one width, and puts blank lines around comments. */
function withoutPadding(text: string): string {
  return text
    .replaceAll(/ +\|/g, ' |')
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/\n{2,}/g, '\n');
}

/** Runs a snippet with plain node, from inside the repository, where its imports resolve. */
async function runSnippet(text: string): Promise<string[]> {
  const folder = await mkdtemp(join(ROOT, 'test/service/.snippet-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'snippet.mjs'), text);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'snippet.mjs')]);
  return stdout.trim().split('\n');
}

function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare!);
}

describe('the docs', () => {
  test.each(PAGES)('%s has the tables that the code says', async (page) => {
    const text = pages.get(page)!;
    const expected = await withTables(text);
    const isUpdate = process.env['UPDATE_DOCS'] === '1';
    if (isUpdate) await writeFile(join(ROOT, 'docs', page), expected);
    expect(withoutPadding(isUpdate ? expected : text)).toBe(withoutPadding(expected));
  });

  test.each(blocks('js'))('a snippet of $page prints what it says', async ({ text }) => {
    const promised = [...text.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].map(([, line]) => line!);
    expect(promised.length).toBeGreaterThan(0);
    const printed = await runSnippet(text);
    expect([...printed].sort()).toEqual([...promised].sort());
  });

  test.each(blocks('sh'))('the commands of $page work: $text', async ({ text }) => {
    const cwd = await mkdtemp(join(tmpdir(), 'sandglass-docs-'));
    onTestFinished(() => rm(cwd, { recursive: true, force: true }));
    await cp(join(ROOT, 'examples/extensions'), join(cwd, 'extensions'), { recursive: true });
    for (const line of text.trim().split('\n')) {
      const typed = line.replace(/^npx @sandglass\/host\b/, 'sandglass');
      const [program, ...args] = splitWords(typed.replaceAll('$SANDGLASS_SECRET', 'a-secret-of-some-length'));
      if (program !== 'sandglass') continue;
      const isService = args[0] === 'serve' || args[0] === 'dev';
      const io = fakeIo({ cwd });
      const code = await runCli(isService ? [...args, '--print-config'] : args, io);
      expect({ line, code, err: code === 0 ? '' : io.err() }).toEqual({ line, code: 0, err: '' });
    }
  });

  test.each(PAGES)('the links of %s lead somewhere', async (page) => {
    for (const [, target] of pages.get(page)!.matchAll(/\]\(([^)#]+\.md)(?:#[^)]*)?\)/g)) {
      await expect(readFile(join(ROOT, 'docs', target!), 'utf8')).resolves.toBeTypeOf('string');
    }
  });
});
