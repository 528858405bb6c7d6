import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'packages/host/dist/bundle/main.js');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/** A step of the tutorial: a file to write, or commands with what is said of them. */
type Step = { title: string } & (
  | { kind: 'file'; path: string; text: string }
  | { kind: 'commands'; lines: string[]; fails: string | undefined; prints: string | undefined }
);

const text = await readFile(join(ROOT, 'docs/tutorial.md'), 'utf8');
const BLOCK =
  /(?:<!-- file: (?<path>\S+) -->\s*)?```(?<language>\w+)\n(?<body>[^]*?)```(?:\s*<!-- fails: (?<fails>.*?) -->)?(?:\s*<!-- prints -->\s*```json\n(?<prints>[^]*?)```)?/g;

function toSteps(): Step[] {
  return [...text.matchAll(BLOCK)].map(({ groups }) => {
    const { path, body = '', fails, prints } = groups as Partial<Record<string, string>>;
    if (path) return { kind: 'file', title: `the file ${path}`, path, text: body };
    const lines = body.trim().split('\n');
    return { kind: 'commands', title: lines.join('; '), lines, fails, prints };
  });
}

let folder: string;
let port: number;

/** Arguments of node for a line that the reader types; none for what the setup above has done. */
function toNode(line: string): string[] | undefined {
  if (line.startsWith('npx sandglass ')) return [MAIN, ...line.split(' ').slice(2)];
  if (line.startsWith('npx vitest ')) return [VITEST, ...line.split(' ').slice(2)];
  return undefined;
}

/** Runs a line to its end. @returns all that it printed, its exit code first */
async function run(args: string[]): Promise<string> {
  const ended = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return `${'code' in ended ? ended.code : 0}\n${ended.stdout}${ended.stderr}`;
}

/** Runs `serve` on a free port while a client asks. */
async function serveAndAsk(args: string[], url: string): Promise<unknown> {
  const child = spawn(process.execPath, [...args, '--port', String(port), '--log-format', 'json'], { cwd: folder });
  try {
    let log = '';
    for await (const chunk of child.stdout) if ((log += String(chunk)).includes('"Listening')) break;
    return await (await fetch(url.replace(':3000', `:${port}`))).json();
  } finally {
    child.kill('SIGKILL');
  }
}

/** Does what a step says. @returns what came of it, and what the tutorial promises */
async function perform(step: Step): Promise<{ got: unknown; promised: unknown }> {
  if (step.kind === 'file') {
    const path = join(folder, step.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, step.text);
    return { got: await readFile(path, 'utf8'), promised: step.text };
  }
  const { lines, fails, prints } = step;
  if (prints) {
    const url = lines.at(-1)!.replace('curl ', '');
    return { got: await serveAndAsk(toNode(lines[0]!)!, url), promised: JSON.parse(prints) };
  }
  const got: string[] = [];
  for (const line of lines) {
    const args = toNode(line);
    if (args) got.push(await run(args));
  }
  const end = fails ? new RegExp(`^1\\n[^]*${fails}`) : /^0\n/;
  return { got, promised: got.map(() => expect.stringMatching(end)) };
}

describe('the tutorial', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-tutorial-'));
    await mkdir(join(folder, 'node_modules/@sandglass'), { recursive: true });
    await symlink(join(ROOT, 'packages/host'), join(folder, 'node_modules/@sandglass/host'));
    for (const name of ['zod', 'vitest'])
      await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    await writeFile(
      join(folder, 'package.json'),
      '{ "name": "greeting-service", "version": "1.0.0", "type": "commonjs" }',
    );
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    server.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(toSteps())('$title', async (step) => {
    const { got, promised } = await perform(step);
    expect(got).toEqual(promised);
  });

  test('the tutorial has steps of each kind', () => {
    const steps = toSteps();
    expect(steps.filter(({ kind }) => kind === 'file').length).toBeGreaterThan(7);
    expect(steps.filter((step) => step.kind === 'commands' && step.fails)).toHaveLength(2);
    expect(steps.filter((step) => step.kind === 'commands' && step.prints)).toHaveLength(2);
  });
});
