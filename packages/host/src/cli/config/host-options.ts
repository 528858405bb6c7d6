import type { HostOptions } from '../../types.js';
import type { Config } from './schema.js';

/** What a configuration means for the host, its folder of extensions left out. */
export function toHostOptions({ extensions: _folder, service: _service, ...options }: Config): HostOptions {
  return options;
}
