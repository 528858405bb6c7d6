import { describe } from 'vitest';

import { hasNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { runConformance } from './suite.js';

/** The same rows through a runner, for a host without threads. */
describe.skipIf(!hasNatsServer())('through a fleet', () => {
  runConformance('runner');
});
