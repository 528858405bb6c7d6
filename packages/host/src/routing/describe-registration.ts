import type { Registration } from '@sandglass/core';

/**
 * A registration in a few words, for example `GET /hello/slow` or `filter items.create`.
 *
 * @param mount path below which the extension's routes are served. @default none: the route as it
 *   was registered
 */
export function describeRegistration(registration: Registration, mount = ''): string {
  switch (registration.type) {
    case 'route':
      return `${registration.method} ${registration.path === '/' ? mount || '/' : mount + registration.path}`;
    case 'filter':
    case 'action':
      return `${registration.type} ${registration.event}`;
    case 'operation':
      return `operation ${registration.id}`;
    default:
      return registration satisfies never;
  }
}
