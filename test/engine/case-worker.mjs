// A thread with an engine of its own, which a test may end: for guests that no interrupt reaches.
// oxlint-disable unicorn/require-post-message-target-origin -- a MessagePort has none
import { parentPort, workerData } from 'node:worker_threads';

import { decodeValue, encodeValue } from '@sandglass/core';
import { createEngine } from '@sandglass/worker';

const { extension, answer } = workerData;
const outcomes = new Map();
const engine = await createEngine({
  onOutcomes: (list) => list.forEach((outcome) => outcomes.get(outcome.callId)(outcome)),
  onCapabilities: (calls) => {
    const settlements = calls
      .filter(({ name }) => name === 'sleep' || name === 'request')
      .map(({ callId, seq }) => ({ callId, seq, ok: true, value: encodeValue(answer) }));
    if (settlements.length > 0) setImmediate(() => engine.settle(settlements));
  },
});
const loaded = await engine.load(extension);
parentPort.postMessage({ type: 'loaded', ok: loaded.ok, code: loaded.error?.code });
for (let callId = 1; loaded.ok && callId <= 2; callId++) {
  parentPort.postMessage({ type: 'started' });
  const outcome = await new Promise((resolve) => {
    outcomes.set(callId, resolve);
    const [done] = engine.run([{ callId, extensionId: extension.id, handler: 0, argument: encodeValue(null) }]);
    if (done) resolve(done);
  });
  parentPort.postMessage({
    type: 'ended',
    code: outcome.ok ? 'ok' : outcome.error.code,
    value: outcome.ok ? decodeValue(outcome.value) : undefined,
    message: outcome.error?.message,
    cpu: outcome.usage.cpuTimeMs,
  });
}
