import type { ExtensionInfo } from '../../types.js';

/** Scopes in a few words, for example `log, request GET https://example.com/*`. */
export function describeScopes(scopes: ExtensionInfo['requested']): string {
  const parts = Object.entries(scopes).map(([name, scope]) => [name, ...describeScope(scope)].join(' '));
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function describeScope(scope: unknown): string[] {
  if (typeof scope !== 'object' || scope === null) return [];
  const { methods, urls, ...rest } = scope as Record<string, unknown>; // any key may be read
  const lists = [methods, urls].filter((list) => Array.isArray(list)).map((list) => list.join(' '));
  return Object.keys(rest).length === 0 ? lists : [...lists, JSON.stringify(rest)];
}
