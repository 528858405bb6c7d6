import type { Registration } from '@sandglass/core';

import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { SERVICE_PREFIX } from '../../service/service.js';

/** Whether only this machine can reach what listens there. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || hostname.startsWith('127.');
}

/**
 * A command line that calls a registration, to be copied; undefined for one that needs arguments.
 */
export function callLine(
  url: string,
  name: string,
  registration: Registration,
  token: string | undefined,
): string | undefined {
  const path = pathOf(name, registration);
  if (path === undefined) return undefined;
  const bearer = token === undefined ? '' : "-H 'authorization: Bearer …' ";
  const isCall = registration.type !== 'route';
  const data = isCall || registration.method !== 'GET' ? "-H 'content-type: application/json' -d '{}' " : '';
  const method = !isCall && !['GET', 'POST'].includes(registration.method) ? `-X ${registration.method} ` : '';
  return formatForTerminal(
    `curl ${method}${isCall ? bearer : ''}${data}'${url}${path}'`.replaceAll(/'([\w:/.-]+)'$/g, '$1'),
  );
}

function pathOf(name: string, registration: Registration): string | undefined {
  const prefix = SERVICE_PREFIX.slice(1);
  switch (registration.type) {
    case 'route':
      return /[:*?]/.test(registration.path)
        ? undefined
        : `${name}${registration.path === '/' ? '' : registration.path}`;
    case 'operation':
      return `${prefix}/operations/${encodeURIComponent(registration.id)}`;
    case 'filter':
    case 'action':
      return `${prefix}/${registration.type}s/${encodeURIComponent(registration.event.replaceAll('*', 'articles'))}`;
    default:
      return registration satisfies never;
  }
}
