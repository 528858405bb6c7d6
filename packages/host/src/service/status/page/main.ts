import type { StatusData } from '../status-data.js';
import { byId } from './dom.js';
import { formatTime } from './format.js';
import { render } from './render.js';

/** Between two questions for the data. */
const PERIOD_MS = 1_000;
/** Longest wait for an answer. */
const TIMEOUT_MS = 5_000;

const source = `${location.pathname.replace(/\/$/, '')}/data`;
let isAsking = false;

/**
 * Asks for the data and shows it, unless nobody looks or the last answer is still due. Never
 * rejects.
 */
async function refresh(): Promise<void> {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    const response = await fetch(source, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    // the page and its data come from one version
    const data = (await response.json()) as StatusData;
    render(data);
    showState('soft', `live, ${formatTime(data.nowMs)}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    showState('bad', `no answer (${reason}), showing the last numbers`);
  } finally {
    isAsking = false;
  }
}

function showState(className: string, text: string): void {
  const live = byId('live');
  live.className = className;
  live.textContent = text;
}

void refresh();
setInterval(refresh, PERIOD_MS);
document.addEventListener('visibilitychange', refresh);
