export * from './define.js';
export * from './error.js';
export * from './log/terminal.js';
export * from './registry.js';
