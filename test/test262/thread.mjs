import { parentPort, workerData } from 'node:worker_threads';

import { createBareSide } from './bare.mjs';
import { createGuestSide } from './guest.mjs';

/**
 * One side on a thread of its own, so that a native that never ends can be ended. Answers each test
 * with its outcome.
 */
const run = await (workerData === 'bare' ? createBareSide() : createGuestSide());
parentPort.on('message', async (test) => answer(await run(test)));
answer('ready');

function answer(message) {
  parentPort.postMessage(message); // oxlint-disable-line unicorn/require-post-message-target-origin -- a worker thread
}
