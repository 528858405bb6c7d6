export { createEngine, type Engine, type EngineOptions } from './calls/engine.js';
export { compileEngine } from './quickjs/engine-module.js';
export { engineDigest } from './sandbox/snapshot-key.js';
export { garbageCollector } from './thread/garbage-collector.js';
