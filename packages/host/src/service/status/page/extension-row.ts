import type { Registration, RequestScope } from '@sandglass/core';

import type { StatusExtension } from '../status-data.js';
import { spark } from './chart.js';
import { type Child, element } from './dom.js';
import { failuresOf, formatCount, formatMs, sumOf } from './format.js';

/** Registrations that a row names. */
const MAX_NAMED = 8;

export const EXTENSION_HEADS: readonly string[] = [
  ...['Extension', 'State', 'Scopes', 'Registers', 'Last minute'],
  ...['#Calls', '#Failed', '#Median', '#99 %'],
];

/** The cells of an extension, in the order of {@link EXTENSION_HEADS}. */
export function extensionRow(extension: StatusExtension): (Child | Child[])[] {
  const { name, type, version, error, state, stats, history } = extension;
  const settled = stats?.settled ?? {};
  const failed = failuresOf(settled);
  return [
    [
      element('div', 'name', name),
      element('div', 'soft', `${type} ${version}`),
      error ? element('div', 'bad text', error) : undefined,
    ],
    element('span', `tag ${state === 'ready' ? 'good' : state === 'failed' ? 'bad' : ''}`, state),
    scopes(extension),
    registered(extension),
    spark(history),
    formatCount(sumOf(settled)),
    element('span', failed ? 'bad' : '', formatCount(failed)),
    formatMs(stats?.runMs.p50 ?? 0),
    formatMs(stats?.runMs.p99 ?? 0),
  ];
}

function scopes({ requested, granted }: StatusExtension): HTMLElement[] {
  const tags = Object.entries(requested).map(([name, scope]) => {
    if (!(name in granted)) return element('span', 'tag withheld', scopeText(name, scope));
    const [asked, given] = [scopeText(name, scope), scopeText(name, granted[name])];
    return element('span', 'tag', asked === given ? asked : `${asked} → granted: ${given}`);
  });
  return tags.length > 0 ? tags : [element('span', 'empty', 'none')];
}

function scopeText(name: string, scope: unknown): string {
  // the one with more to say than its name
  const { methods = [], urls = [] } = (scope ?? {}) as Partial<RequestScope>;
  return [name, ...methods, ...urls].join(' ');
}

function registered({ name, registrations }: StatusExtension): HTMLElement[] {
  const named = registrations.slice(0, MAX_NAMED).map((one) => element('div', 'text', describe(one, name)));
  const rest = registrations.length - named.length;
  return rest > 0 ? [...named, element('div', 'soft', `and ${rest} more`)] : named;
}

function describe(registration: Registration, name: string): string {
  switch (registration.type) {
    case 'route':
      return `${registration.method} /${name}${registration.path === '/' ? '' : registration.path}`;
    case 'operation':
      return `operation ${registration.id}`;
    default:
      return `${registration.type} ${registration.event}`;
  }
}
