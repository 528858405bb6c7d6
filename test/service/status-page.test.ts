import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test } from 'vitest';

import { CHROMIUM, openPage } from './browser.js';
import { startService } from './service-process.js';

const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));
const SCREENSHOTS = new URL('../../node_modules/.cache/sandglass/', import.meta.url);

describe('the status page', () => {
  test.skipIf(CHROMIUM === undefined)('shows a service under load, live, in a real browser', async () => {
    const service = await startService(EXTENSIONS, ['--status']);
    const page = await openPage(`${service.url}_sandglass/status`);
    onTestFinished(() => page.close());
    await page.until("document.querySelector('#live').textContent.startsWith('live')");

    const load = { isOver: false };
    const loading = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!load.isOver)
          for (const path of ['loaded', 'loaded', 'loaded/throw']) await (await fetch(service.url + path)).text();
      }),
    );
    const calls = "Number(document.querySelector('#extensions td:nth-child(6)').textContent.replaceAll(',', ''))";
    await page.until(`${calls} > 100`);
    const before = Number(await page.evaluate(calls));
    await page.until(`${calls} > ${before + 100}`);
    await page.until("document.querySelectorAll('#calls path').length === 2");
    await page.until("document.querySelector('#errors').textContent.includes('<b>broken</b> on purpose')");
    // text, never markup
    expect(await page.evaluate("document.querySelectorAll('b').length")).toBe(0);
    expect(await page.evaluate("document.querySelector('#extensions').textContent")).toContain('GET /loaded/slow');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

    await mkdir(SCREENSHOTS, { recursive: true });
    await writeFile(new URL('status-page.png', SCREENSHOTS), Buffer.from(await page.screenshot(), 'base64'));
    load.isOver = true;
    await loading;

    expect(await service.stop()).toBe(0);
    // says so when nobody answers
    await page.until("document.querySelector('#live').className === 'bad'");
    expect(page.complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });
});
