/** For `@sandglass/fleet`, and whoever writes a fleet of another kind. */
export { MAX_SOURCE_LENGTH } from '../extensions/prepare-source.js';
// with their words: `checkOptions` looks them up in the copy of core that is the host's
export { custom, named } from '@sandglass/core';
export { checkOptions } from '../options/check-options.js';
export { count, maybe, object, text, withDefault, type Fields } from '../options/fields.js';
export type { ExtensionSource } from '../extensions/extension-source.js';
export { takeSnapshot } from './take-snapshot.js';
export type * from './contract.js';
export type * from './options.js';
export type * from './runner.js';
export type * from '../pool/contract.js';
export type * from '../pool/links/lane-link.js';
export { openTraces, type Traces } from '../telemetry/observe.js';
export type { TraceCarrier } from '../telemetry/propagation.js';
export type { RunEntry } from '../telemetry/tracing.js';
export { VirtualClock } from '../time/virtual-clock.js';
export { createRelayPool } from '../pool/create-pool.js';
export type { PoolOptions } from '../pool/pool-options.js';
