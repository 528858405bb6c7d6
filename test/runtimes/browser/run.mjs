/** Runs the engine's suite in a page of a headless Chromium. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { install } from '../install.mjs';

const WASM = '@sandglass/worker/engine.wasm';
const RUN_TIMEOUT_MS = 60_000;

/** @returns the version of the browser, and the suite's results */
export async function runInBrowser() {
  const folder = await install('chromium', ['@sparticuz/chromium@147', 'puppeteer-core@24']);
  const [chromium, puppeteer] = ['@sparticuz/chromium', 'puppeteer-core'].map((name) => load(folder, name));
  const content = await files();
  const executablePath = await chromium.executablePath();
  const browser = await puppeteer.launch({ executablePath, args: chromium.args, headless: 'shell' });
  const server = await serve(content);
  try {
    const page = await browser.newPage();
    const failed = new Promise((_resolve, reject) => page.once('pageerror', reject));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await Promise.race([failed, page.waitForFunction('globalThis.results', { timeout: RUN_TIMEOUT_MS })]);
    const version = (await browser.version()).replace('HeadlessChrome/', '');
    return { version, results: await page.evaluate('globalThis.results') };
  } finally {
    server.closeAllConnections();
    server.close();
    await browser.close();
  }
}

/** A package of the cache, whether it is an ES module or not. */
function load(folder, name) {
  const loaded = createRequire(join(folder, 'index.js'))(name);
  return loaded.default ?? loaded;
}

async function files() {
  const { build } = load(await install('esbuild', ['esbuild@0.28']), 'esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.mjs', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: ['node:*'],
    write: false,
    logLevel: 'error',
  });
  const { resolve } = createRequire(new URL('../../../packages/worker/package.json', import.meta.url));
  return {
    '/': ['text/html', '<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.mjs"></script>'],
    '/page.mjs': ['text/javascript', outputFiles[0].contents],
    '/engine.wasm': ['application/wasm', await readFile(resolve(WASM))],
  };
}

async function serve(content) {
  const server = createServer(({ url }, response) => {
    const [type, body] = content[url] ?? [];
    if (!type) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
