import type { Reloaded } from '../../service/reload-all.js';
import { SERVICE_PREFIX } from '../../service/service.js';
import type { Log } from './logger.js';

/** Where the status page is. @param url of the service, with a slash at the end. */
export function statusUrl(url: string): string {
  return `${url}${SERVICE_PREFIX.slice(1)}/status`;
}

/** Logs what became of a reload. */
export function logReloaded(log: Log, { reloaded, failed }: Reloaded): void {
  for (const { name, message } of failed) log('error', message, { extension: name });
  log('info', 'Reloaded', { extensions: reloaded.length, failed: failed.length });
}
