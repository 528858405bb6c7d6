import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runCli } from '../cli.js';
import { fakeIo } from '../testing/fake-io.js';
import { makeFolder, packageJson } from '../testing/files.js';

const SOURCES = {
  counts: 'let seen = 0;\nexport default ({ action }) => {\n  action("items.create", () => { seen += 1; });\n};',
  plain: 'export default ({ filter }) => { filter("items.create", (item) => item); };',
  imports: 'export default () => {};\nimport "node:fs";',
};

async function folderOf(names: (keyof typeof SOURCES)[]): Promise<string> {
  const folder = await makeFolder({});
  for (const name of names) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'package.json'), JSON.stringify(packageJson(name, 'hook', {})));
    await writeFile(join(folder, name, 'index.js'), SOURCES[name]);
  }
  return folder;
}

async function migrate(...args: string[]): Promise<{ code: number; out: string }> {
  const io = fakeIo();
  const code = await runCli(['migrate', ...args], io);
  return { code, out: io.out() };
}

describe('sandglass migrate', () => {
  test('says of each extension what differs, with the line', async () => {
    const { code, out } = await migrate(await folderOf(['counts', 'plain']));
    expect(code).toBe(0);
    expect(out).toMatch(/counts 1\.0\.0: runs, see below\n +info +"seen" is of the module.* \(index\.js:3:34\)/);
    expect(out).toContain('plain 1.0.0: runs as it is');
    expect(out).toContain('2 extensions: 1 run as they are, 0 do not run, 1 have notes');
  });

  test('names the line of the file that was written', async () => {
    const folder = await makeFolder({
      'package.json': packageJson('built', 'hook'),
      'index.js': `let seen = 0;
export default ({ action }) => { action('items.create', () => { seen += 1; }); };
//# sourceMappingURL=index.js.map`,
      'index.js.map': { version: 3, sources: ['src/index.ts'], names: [], mappings: ';AAUA' },
    });
    const { out } = await migrate(folder);
    expect(out).toMatch(/info +"seen" is of the module.* \(src\/index\.ts:11:1\)/);
  });

  test('ends with 1 if one does not run', async () => {
    const { code, out } = await migrate(await folderOf(['imports']));
    expect(out).toMatch(/imports 1\.0\.0: does not run\n +error +Import of "node:fs".*index\.js:2:/);
    expect(code).toBe(1);
  });

  test('is JSON on demand', async () => {
    const { out } = await migrate(await folderOf(['plain']), '--json');
    expect(JSON.parse(out)).toEqual([{ folder: 'plain', name: 'plain 1.0.0', runs: true, notes: [] }]);
  });
});
