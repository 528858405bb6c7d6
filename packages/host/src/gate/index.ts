export * from './address-gate.js';
export * from './address-ranges.js';
export * from './canonical-url.js';
export * from './request-scope.js';
export * from './url-pattern.js';
