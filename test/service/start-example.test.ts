import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test } from 'vitest';

const START = fileURLToPath(new URL('../../examples/start.mjs', import.meta.url));

/** Prints of `pnpm start`, up to its first URL or its end. */
async function start(port: string): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, [START], { env: { PATH: process.env['PATH'], PORT: port } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ctrl+C')) child.kill('SIGTERM');
    });
  const [code] = await exited;
  return { output, code };
}

describe('the start example', () => {
  test.each(['abc', '1.5', '-1', '65536'])('PORT=%s is told in one line', async (port) => {
    const told = `PORT has to be a whole number from 0 to 65535, not "${port}"\n`;
    expect(await start(port)).toEqual({ output: told, code: 2 });
  });

  test('says that it moves on from a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    expect((await start(String(port))).output).toContain(`Port ${port} is taken: trying ${port + 1}\n`);
  });
});
