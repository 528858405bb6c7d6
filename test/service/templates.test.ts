import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'packages/host/dist/bundle/main.js');

const execute = promisify(execFile);

/** Calls that show that the built extension works. */
const CALLS: Record<string, string[]> = {
  endpoint: ['--path', '/'],
  hook: ['--filter', 'articles.items.create', '--payload', '{"title":" News "}'],
  operation: ['--options', '{"text":"hey","times":1}'],
};

describe('templates', () => {
  test.each(Object.keys(CALLS))(
    'a new %s type-checks, builds, passes its tests and runs',
    { timeout: 60_000 },
    async (type) => {
      // inside, so that its imports resolve
      const parent = await mkdtemp(join(ROOT, 'test/service/.template-'));
      onTestFinished(() => rm(parent, { recursive: true, force: true }));
      const cwd = join(parent, 'brand-new');
      const run = (file: string, ...args: string[]): Promise<{ stdout: string }> =>
        execute(file, args, { cwd, env: { PATH: process.env['PATH'], NO_COLOR: '1' } });
      await execute(process.execPath, [MAIN, 'init', type, cwd]);
      await run(join(ROOT, 'node_modules/.bin/tsc')); // its tests too
      expect((await run(process.execPath, MAIN, 'build')).stdout).toMatch(/^src\/index\.ts → dist\/index\.js, /);
      // else the repository's own is found
      await writeFile(join(cwd, 'vitest.config.mjs'), 'export default {};');
      const tests = await run(join(ROOT, 'node_modules/.bin/vitest'), 'run', '--root', cwd);
      expect(tests.stdout).toMatch(/Tests +\d+ passed/);
      expect((await run(process.execPath, MAIN, 'inspect', '.')).stdout).toContain('no problems');
      const { stdout } = await run(process.execPath, MAIN, 'run', '.', ...CALLS[type]!);
      const answer = { endpoint: { status: 200 }, hook: { title: 'News' }, operation: { text: 'hey' } }[type]!;
      expect(JSON.parse(stdout)).toMatchObject(answer);
      await rm(join(cwd, 'src'), { recursive: true }); // as it is published
      const published = await run(process.execPath, MAIN, 'run', '.', ...CALLS[type]!);
      expect(JSON.parse(published.stdout)).toMatchObject(answer);
    },
  );
});
