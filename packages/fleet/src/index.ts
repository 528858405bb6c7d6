export { connectFleet } from './connect-fleet.js';
export { startRunner } from './lanes/start-runner.js';
export { connectOperator } from './operator/connect-operator.js';
export type * from '@sandglass/host/fleet';
