import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { CHROMIUM, openPage, type Page } from './browser.js';
import { startService } from './service-process.js';

const EXTENSIONS = fileURLToPath(new URL('extensions', import.meta.url));
const SCREENSHOTS = new URL('../../node_modules/.cache/sandglass/', import.meta.url);
const TOKEN = 'a-token-of-some-length';

if (CHROMIUM === undefined) console.warn('No Chromium: the status page is not tried in a browser');
/** In CI there has to be one. */
const isSkipped = CHROMIUM === undefined && process.env['CI'] === undefined;

const WINDOWS = [1_280, 390].flatMap((width) => (['light', 'dark'] as const).map((colours) => ({ width, colours })));

/** What is wider than its place, or is broken that is to stand in one line. */
const MISFITS = `(() => {
  const all = [...document.querySelectorAll('main *')].filter((one) => one.getClientRects().length > 0);
  const isCut = (one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline';
  const isBroken = (one) => getComputedStyle(one).whiteSpace === 'nowrap' && one.getClientRects().length > 1;
  const page = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
  return [...page, ...all.filter((one) => isCut(one) || isBroken(one)).map((one) => one.outerHTML.slice(0, 100))];
})()`;

const VIOLATIONS = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).slice(0, 3).join(' ')))`;

/** At both widths, in light and dark: nothing is cut or broken, axe-core finds nothing. */
async function assertWell(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source);
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const { width, colours } of WINDOWS) {
    await page.resize(width, colours);
    await writeFile(
      new URL(`${name}-${width}-${colours}.png`, SCREENSHOTS),
      Buffer.from(await page.screenshot(), 'base64'),
    );
    expect([name, width, colours, await page.evaluate(MISFITS)]).toEqual([name, width, colours, []]);
    expect([name, width, colours, await page.evaluate(VIOLATIONS)]).toEqual([name, width, colours, []]);
  }
}

const textOf = (id: string): string => `document.querySelector('#${id}').textContent`;

describe('the status page', () => {
  test.skipIf(isSkipped)('shows a service under load, live, in a real browser', { timeout: 60_000 }, async () => {
    const service = await startService(EXTENSIONS, ['--status', '--token', TOKEN]);
    // as a browser whose user has given the password
    const url = service.url.replace('//', `//me:${TOKEN}@`);
    const page = await openPage(`${url}_sandglass/status`);
    onTestFinished(() => page.close());
    await page.until(`${textOf('live')}.startsWith('live')`);

    const load = { isOver: false };
    const loading = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!load.isOver)
          for (const path of ['loaded', 'loaded/slow', 'loaded/throw', 'loaded/ask'])
            await (await fetch(service.url + path)).text();
      }),
    );
    const calls = "Number(document.querySelector('#extensions td:nth-child(3)')?.textContent.replaceAll(',', ''))";
    await page.until(`${calls} > 20`);
    const before = Number(await page.evaluate(calls));
    await page.until(`${calls} > ${before + 20}`);
    await page.until("document.querySelectorAll('#calls path').length === 2");
    await page.until(`${textOf('errors')}.includes('<b>broken</b> on purpose')`);
    await page.until(`${textOf('denied')}.includes('request')`);
    // text, never markup
    expect(await page.evaluate("document.querySelectorAll('b').length")).toBe(0);
    await assertWell(page, 'overview');

    await page.evaluate("document.querySelector('#extensions a').click()");
    await page.until(`${textOf('x-handlers')}.includes('GET /loaded/slow')`);
    await page.until(`${textOf('x-denied')}.includes('denied')`);
    await page.until(`${textOf('x-errors')}.includes('index.js:')`);
    await page.until(`${textOf('x-logs')}.includes('<i>asking</i>')`);
    await page.evaluate(
      "document.querySelectorAll('#x-errors details, #x-failures details').forEach((one) => { one.open = true; })",
    );
    await assertWell(page, 'extension');

    await page.evaluate("document.querySelector('#reload').click()");
    await page.until(`${textOf('reloaded')} === 'reloaded'`);

    load.isOver = true;
    await loading;
    expect(await service.stop()).toBe(0);
    // says so when nobody answers
    await page.until("document.querySelector('#live').className === 'bad'");
    expect(page.complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });
});
