import type { StatusAudit, StatusError } from '../status-data.js';
import { type Child, element } from './dom.js';
import { formatCount, formatMs, formatTime } from './format.js';
import { table } from './table.js';

/** A number with what it is. */
export function card(label: string, value: string, isBad = false): HTMLElement {
  const shown = element('div', isBad ? 'value bad' : 'value', value);
  return element('div', 'card', shown, element('div', 'label', label));
}

/** A bar for how much of something is used. @param share 0 to 1. */
export function bar(share: number): HTMLElement {
  const filled = element('div', share > 0.8 ? 'filled bad' : 'filled');
  filled.style.width = `${Math.min(100, Math.max(0, share * 100)).toFixed(1)}%`;
  return element('div', 'bar', filled);
}

/** State of an extension. */
export function stateTag(state: string): HTMLElement {
  return element('span', `tag ${state === 'ready' ? 'good' : state === 'failed' ? 'bad' : ''}`, state);
}

export function text(value: string): HTMLElement {
  return element('span', 'text', value);
}

/** A stack, without its indentation. */
export function stackOf(stack: string): HTMLElement {
  return element('pre', '', stack.replace(/^\s+/gm, ''));
}

/** Something that can be opened. @param key tells it from others in its section. */
export function opened(key: string, summary: readonly Child[], ...content: Child[]): HTMLElement {
  const made = element('details', '', element('summary', '', ...summary), ...content);
  made.dataset['key'] = key;
  return made;
}

/** Where the page of an extension is. */
export function linkTo(extension: string): HTMLElement {
  const made = element('a', 'name', extension);
  made.setAttribute('href', `#/extension/${encodeURIComponent(extension)}`);
  return made;
}

/** @param isNamed whether each says of which extension it is. */
export function errorTable(errors: readonly StatusError[], isNamed: boolean): HTMLElement {
  const rows = errors.map((error, i) => {
    const { extension, code, message, stack, lastMs, firstMs, count, where, requestId, callId } = error;
    const facts = [
      where,
      requestId && `request ${requestId}`,
      callId === undefined ? undefined : `call ${callId}`,
      count > 1 ? `first at ${formatTime(firstMs)}` : undefined,
    ].filter((fact) => fact !== undefined && fact !== '');
    const name = isNamed ? [extension === undefined ? '–' : linkTo(extension)] : [];
    const more = [element('div', 'soft text', facts.join(', ')), stack ? stackOf(stack) : undefined];
    return [
      element('span', 'nowrap', formatTime(lastMs)),
      ...name,
      formatCount(count),
      element('span', 'nowrap', code ?? '–'),
      opened(`${extension} ${code} ${firstMs} ${i}`, [text(message)], ...more),
    ];
  });
  const heads = ['Last', ...(isNamed ? ['Extension'] : []), '#Times', 'Code', 'Error'];
  return table({ heads, rows, nothing: 'No error so far' });
}

/** @param isNamed as above. */
export function auditTable(entries: readonly StatusAudit[], isNamed: boolean, nothing: string): HTMLElement {
  const rows = entries.map(({ lastMs, count, extension, capability, decision, status, target, reason, durationMs }) => [
    element('span', 'nowrap', formatTime(lastMs)),
    ...(isNamed ? [linkTo(extension)] : []),
    formatCount(count),
    element('span', 'nowrap', capability),
    element('span', decision === 'denied' ? 'bad nowrap' : 'nowrap', status ? `${decision} ${status}` : decision),
    [
      target === '' ? undefined : element('div', 'text', target),
      reason ? element('div', 'soft text', reason) : undefined,
    ],
    formatMs(durationMs),
  ]);
  const heads = [
    'Last',
    ...(isNamed ? ['Extension'] : []),
    '#Times',
    'Capability',
    'Decision',
    'Target, reason',
    '#Took',
  ];
  return table({ heads, rows, nothing });
}
