import type { PoolOptions } from '../../pool/pool-options.js';
import type { HostOptions } from '../../types.js';
import type { Config, FleetConfig, ServiceConfig } from './schema.js';

/** What `sandglass.config.mjs` exports: every key may be missing. */
export interface ConfigFile extends Partial<Omit<Config, 'limits' | 'pool' | 'fleet' | 'service'>> {
  limits?: HostOptions['limits'];
  pool?: PoolOptions;
  fleet?: FleetConfig;
  service?: Partial<ServiceConfig>;
}

/**
 * Types a configuration file: `export default defineConfig({ … })`. It is checked when a command
 * reads it.
 */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}
