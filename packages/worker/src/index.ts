export { createEngine, type Engine, type EngineOptions } from './engine.js';
export { compileEngine } from './quickjs/engine-module.js';
