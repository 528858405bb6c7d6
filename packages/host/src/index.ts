export * from './capabilities/define.js';
export * from './capabilities/error.js';
export * from './capabilities/log/terminal.js';
export { type ConfigFile, defineConfig } from './cli/config/define-config.js';
export { createHost, type Host } from './host.js';
export type * from './pool/stats/stats.js';
export type * from './types.js';
export { isSandglassError, SandglassError, type ErrorCode, type Limits } from '@sandglass/core';
