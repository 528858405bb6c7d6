import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { WebSocket } from 'undici';

const FLAGS =
  '--headless --no-sandbox --hide-scrollbars --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --remote-debugging-port=0';

/** Where the browser is; undefined if there is none. */
export const CHROMIUM: string | undefined = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

/** A page in a headless Chromium, driven over its debugging protocol. */
export interface Page {
  /** What the page and its scripts complained of. */
  readonly complaints: string[];
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves when an expression is true in the page. */
  until(expression: string): Promise<void>;
  /** Goes to another address; where only its hash differs, within the page. */
  goto(url: string): Promise<void>;
  /** Shows the page in a window of this width, in light or dark colours. */
  resize(width: number, colours: 'light' | 'dark'): Promise<void>;
  /** PNG of the whole page, in base64. */
  screenshot(): Promise<string>;
  close(): Promise<void>;
}

/** Opens a page in a browser of its own, with an empty profile. */
export async function openPage(url: string): Promise<Page> {
  if (CHROMIUM === undefined) throw new Error('There is no Chromium: install it, or set CHROMIUM_PATH');
  const profile = await mkdtemp(join(tmpdir(), 'sandglass-chromium-'));
  const browser = spawn(
    CHROMIUM,
    [...FLAGS.split(' '), `--user-data-dir=${profile}`, '--window-size=1400,1200', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(browser, 'exit');
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    browser.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [, found] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    browser.once('exit', () => reject(new Error(`Chromium ended:\n${text}`)));
  });
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const session = await connect(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl);
  for (const domain of ['Runtime', 'Log', 'Page']) await session.send(`${domain}.enable`);
  await session.send('Page.navigate', { url });
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result } = (await session.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value?: unknown } };
    return result.value;
  };
  return {
    complaints: session.complaints,
    evaluate,
    async until(expression) {
      while ((await evaluate(`Boolean(${expression})`)) !== true)
        await evaluate('new Promise((resolve) => setTimeout(resolve, 20))');
    },
    async goto(to) {
      await session.send('Page.navigate', { url: to });
    },
    async resize(width, colours) {
      const size = { width, height: 900, deviceScaleFactor: 1, mobile: false };
      await session.send('Emulation.setDeviceMetricsOverride', size);
      const features = [{ name: 'prefers-color-scheme', value: colours }];
      await session.send('Emulation.setEmulatedMedia', { features });
    },
    async screenshot() {
      const { data } = (await session.send('Page.captureScreenshot', { captureBeyondViewport: true })) as {
        data: string;
      };
      return data;
    },
    async close() {
      browser.kill('SIGKILL');
      await exited;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Session {
  complaints: string[];
  send(method: string, params?: object): Promise<unknown>;
}

async function connect(url: string): Promise<Session> {
  const socket = new WebSocket(url);
  const pending = new Map<number, (result: unknown) => void>();
  const complaints: string[] = [];
  let lastId = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, method, params } = JSON.parse(String(data)) as {
      id?: number;
      result?: unknown;
      method?: string;
      params?: unknown;
    };
    if (id !== undefined) pending.get(id)?.(result);
    else if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded')
      complaints.push(JSON.stringify(params));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('Cannot reach Chromium')));
  });
  return {
    complaints,
    send(method, params = {}) {
      const id = ++lastId;
      return new Promise((resolve) => {
        pending.set(id, resolve);
        socket.send(JSON.stringify({ id, method, params }));
      });
    },
  };
}
