import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { packageFile } from '../../package-file.js';
import type { StatusData } from './status-data.js';

/**
 * A read-only page about a host, as two resources: itself and the numbers it asks for every second.
 */
export interface StatusPage {
  /**
   * @param path below where the page is mounted: empty for the page, `/data` for the numbers.
   * @returns null for anything else.
   */
  fetch(path: string): Promise<Response> | null;
}

/** Made by `scripts/build.mjs`. */
const PAGE = 'dist/service/status/status.html';

/** Makes the page. @param collect what it shows. */
export function createStatusPage(collect: () => Promise<StatusData>): StatusPage {
  let page: { html: string; policy: string } | undefined;
  return {
    fetch(path) {
      if (path === '/data') return respondData(collect);
      if (path !== '' && path !== '/') return null;
      page ??= readPage();
      return Promise.resolve(respond(page.html, 'text/html; charset=utf-8', page.policy));
    },
  };
}

async function respondData(collect: () => Promise<StatusData>): Promise<Response> {
  return respond(JSON.stringify(await collect()), 'application/json; charset=utf-8', "default-src 'none'");
}

function respond(body: string, type: string, policy: string): Response {
  return new Response(body, {
    headers: {
      'content-type': type,
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  });
}

/**
 * Nothing but its own style and script runs in the page, whatever an extension is called or says.
 */
function readPage(): { html: string; policy: string } {
  const html = readFileSync(packageFile(PAGE), 'utf8');
  const style = hashOf(html, 'style');
  const script = hashOf(html, 'script');
  const policy = `default-src 'none'; style-src '${style}'; script-src '${script}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, policy };
}

function hashOf(html: string, tag: string): string {
  const text = html.slice(html.indexOf(`<${tag}>`) + tag.length + 2, html.indexOf(`</${tag}>`));
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
