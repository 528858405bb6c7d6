import type Module from 'node:module';

import { describe, expect, test, vi } from 'vitest';

import { makeFolder } from '../cli/testing/files.js';
import { compile } from './compile.js';

// As on a machine without esbuild: what an author's folder has is all that can be found.
vi.mock('node:module', async (original) => {
  const { createRequire } = await original<typeof Module>();
  return {
    createRequire: (from: string) => createRequire(from.includes('sandglass-') ? from : '/nowhere/package.json'),
  };
});

const fakeTypeScript = (body: string): Record<string, string | object> => ({
  'node_modules/typescript/package.json': { name: 'typescript', version: '5.0.0', main: 'index.cjs' },
  'node_modules/typescript/index.cjs': `exports.transpileModule = (text) => (${body});`,
});

describe('compile', () => {
  test('without a compiler, types are stripped', async () => {
    const folder = await makeFolder();
    const { code, inputs } = await compile(folder, 'a.ts', 'export default 1 as number;');
    expect({ code, inputs }).toEqual({ code: 'export default 1 ;', inputs: ['a.ts'] });
    await expect(compile(folder, 'a.ts', 'export default 1;\nconst = 2;')).rejects.toMatchObject({
      position: { line: 2 },
    });
  });

  test('without a compiler, JavaScript stays as it is', async () => {
    expect(await compile(await makeFolder(), 'a.js', 'export default 1;')).toEqual({
      code: 'export default 1;',
      inputs: ['a.js'],
    });
  });

  test("the author's TypeScript compiles, if it has what that takes", async () => {
    const works = await makeFolder(fakeTypeScript("{ outputText: 'made of ' + text, sourceMapText: '{}' }"));
    expect(await compile(works, 'a.ts', 'x')).toEqual({ code: 'made of x', sourceMap: '{}', inputs: ['a.ts'] });
    const fails = await makeFolder(
      fakeTypeScript("{ diagnostics: [{ start: 3, messageText: { messageText: 'no' } }] }"),
    );
    await expect(compile(fails, 'src/a.ts', 'a\nbc')).rejects.toMatchObject({
      message: 'no',
      position: { file: 'src/a.ts', line: 2, column: 2 },
    });
    const newer = await makeFolder({ ...fakeTypeScript(''), 'node_modules/typescript/index.cjs': '' });
    expect((await compile(newer, 'a.ts', 'export default 1 as number;')).code).toBe('export default 1 ;');
  });
});
