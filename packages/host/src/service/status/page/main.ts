import type { StatusExtension, StatusList, StatusOverview } from '../status-data.js';
import { addCharts } from './chart.js';
import { byId } from './dom.js';
import { showExtension } from './extension.js';
import { formatTime } from './format.js';
import { showList } from './list.js';
import { showOverview } from './overview.js';

/** Pause between two requests for the data. */
const PERIOD_MS = 1_000;
/** Longest wait for an answer. */
const TIMEOUT_MS = 5_000;
/** One of so many requests asks for the list, which takes the service longest. */
const LIST_EVERY = 2;

// an address with a password in it cannot be asked
const base = location.origin + location.pathname.replace(/\/$/, '');
const search = byId('search') as HTMLInputElement;
const state = byId('state') as HTMLSelectElement;
const order = byId('order') as HTMLSelectElement;
const filter = byId('filter') as HTMLInputElement;
const span = byId('span') as HTMLSelectElement;
let page = 1;
let isAsking = false;
let asked = 0;

/** The extension whose page is open. Undefined for the overview. */
function openExtension(): string | undefined {
  const [, name] = /^#\/extension\/(.+)$/.exec(location.hash) ?? [];
  return name === undefined ? undefined : decodeURIComponent(name);
}

async function ask<Data>(path: string): Promise<Data> {
  const response = await fetch(base + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = (await response.json()) as { errors?: { message: string }[] };
  if (!response.ok) throw new Error(body.errors?.[0]?.message ?? `HTTP ${response.status}`);
  return body as Data; // the page and its data come from one version
}

async function refreshOverview(): Promise<number> {
  const data = await ask<StatusOverview>('/data');
  showOverview(data, span.value === 'hour');
  if (asked++ % LIST_EVERY === 0) {
    const query = new URLSearchParams({
      search: search.value,
      state: state.value,
      order: order.value,
      page: String(page),
    });
    const list = await ask<StatusList>(`/extensions?${query}`);
    if (page > Math.max(1, list.pages)) page = 1;
    else showList(list, page);
  }
  return data.nowMs;
}

async function refreshExtension(name: string): Promise<number> {
  const data = await ask<StatusExtension>(`/extensions/${encodeURIComponent(name)}`);
  showExtension(data, filter.value);
  return data.nowMs;
}

/**
 * Asks for the data and shows it, unless nobody looks or the last answer is still due. Never
 * rejects.
 */
async function refresh(): Promise<void> {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    const name = openExtension();
    (byId('overview') as HTMLElement).hidden = name !== undefined;
    (byId('extension') as HTMLElement).hidden = name === undefined;
    document.title = name === undefined ? 'Sandglass status' : `${name} – Sandglass status`;
    const nowMs = await (name === undefined ? refreshOverview() : refreshExtension(name));
    showState('soft', `live, ${formatTime(nowMs)}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    showState('bad', `no answer (${reason}), showing the last numbers`);
  } finally {
    isAsking = false;
  }
}

/** Asks at once, for the list as well. */
function restart(): void {
  asked = 0;
  void refresh();
}

function goToPage(next: number): void {
  page = Math.max(1, next);
  restart();
}

async function reload(): Promise<void> {
  const name = openExtension();
  if (name === undefined) return;
  const said = byId('reloaded');
  said.textContent = 'reloading …';
  try {
    // the header says that it is this page that asks
    const response = await fetch(`${base}/../reload/${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { 'x-requested-with': 'sandglass' },
    });
    const { value, error } = (await response.json()) as {
      value?: { failed: { message: string }[] };
      error?: { message: string };
    };
    const failure =
      error?.message ?? value?.failed[0]?.message ?? (response.ok ? undefined : `HTTP ${response.status}`);
    said.textContent = failure === undefined ? 'reloaded' : `not reloaded: ${failure}`;
  } catch (error) {
    said.textContent = `not reloaded: ${error instanceof Error ? error.message : String(error)}`;
  }
  restart();
}

function showState(className: string, text: string): void {
  const live = byId('live');
  live.className = className;
  live.textContent = text;
}

for (const prefix of ['', 'x-']) addCharts(prefix);
restart();
setInterval(refresh, PERIOD_MS);
document.addEventListener('visibilitychange', restart);
window.addEventListener('hashchange', () => {
  byId('reloaded').textContent = '';
  window.scrollTo(0, 0);
  restart();
});
for (const control of [search, state, order]) control.addEventListener('input', () => goToPage(1));
for (const control of [filter, span]) control.addEventListener('input', restart);
byId('previous').addEventListener('click', () => goToPage(page - 1));
byId('next').addEventListener('click', () => goToPage(page + 1));
byId('reload').addEventListener('click', () => void reload());
