import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { packageFile } from '../../package-file.js';
import type { Host } from '../../host.js';
import { inTurns } from '../in-turns.js';
import { withFailed } from '../report.js';
import { collectExtension } from './collect-extension.js';
import { collectList } from './collect-list.js';
import { collectOverview } from './collect-overview.js';
import { parseListQuery } from './list-query.js';
import type { StatusReport } from './report-status.js';
import type { ListQuery } from './status-data.js';
import type { StatusWanted } from './watched.js';

/** A read-only page about a host: itself, and the data that it asks for every second. */
export interface StatusPage {
  /**
   * @param target below where the page is mounted, with its query: empty for the page, `/data`,
   *   `/extensions` and `/extensions/<name>` for what it shows, in JSON.
   * @param canReload whether the page has a button that reloads an extension, by a POST to
   *   `../reload/<name>`. @default false
   * @returns null for anything else.
   */
  fetch(target: string, canReload?: boolean): Promise<Response> | null;
}

/** Made by `scripts/build.mjs`. */
const PAGE = 'dist/service/status/status.html';

/** Asks this process, or all that serve, for a report. */
type AskForReport = (wanted: StatusWanted) => Promise<StatusReport>;

/** Makes the page. @param ask for what it shows. */
export function createStatusPage(host: Pick<Host, 'extensions'>, ask: AskForReport): StatusPage {
  let page: { html: string; policy: string } | undefined;
  return {
    fetch(target, canReload = false) {
      const [path = '', query] = target.split('?', 2);
      switch (path) {
        case '':
        case '/':
          page ??= readPage();
          return Promise.resolve(respond(page.html, 'text/html; charset=utf-8', page.policy));
        case '/data':
          return respondOverview(host, ask, canReload);
        case '/extensions':
          return respondList(host, ask, query);
        default:
          return path.startsWith('/extensions/') ? respondExtension(path, ask, canReload) : null;
      }
    },
  };
}

async function respondOverview(
  host: Pick<Host, 'extensions'>,
  ask: AskForReport,
  canReload: boolean,
): Promise<Response> {
  const report = await ask({ view: 'overview' });
  return respondJson(200, JSON.stringify(collectOverview(withFailed(host, report), report, canReload)));
}

async function respondList(
  host: Pick<Host, 'extensions'>,
  ask: AskForReport,
  query: string | undefined,
): Promise<Response> {
  let parsed: ListQuery;
  try {
    parsed = parseListQuery(new URLSearchParams(query));
  } catch (error) {
    return respondError(400, error instanceof Error ? error.message : String(error));
  }
  const report = await ask({ view: 'list' });
  return respondJson(200, inTurns(collectList(withFailed(host, report), report, parsed)));
}

async function respondExtension(path: string, ask: AskForReport, canReload: boolean): Promise<Response> {
  const name = decodeName(path.slice('/extensions/'.length));
  const found =
    name === undefined ? undefined : collectExtension(name, await ask({ view: 'extension', name }), canReload);
  return found ? respondJson(200, JSON.stringify(found)) : respondError(404, 'There is no such extension');
}

function decodeName(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function respondError(status: number, message: string): Response {
  return respondJson(status, JSON.stringify({ errors: [{ message }] }));
}

function respondJson(status: number, body: string | ReadableStream<Uint8Array>): Response {
  return respond(body, 'application/json; charset=utf-8', "default-src 'none'", status);
}

function respond(body: string | ReadableStream<Uint8Array>, type: string, policy: string, status = 200): Response {
  return new Response(body, {
    status,
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
