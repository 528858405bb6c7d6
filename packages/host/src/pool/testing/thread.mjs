// A thread file that does what calls ask of it: the pool's tests run it in place of the engine.
import { decodeValue, encodeValue, packOutcomes, unpackCalls } from '@sandglass/core';

const usage = { cpuTimeMs: 0.01, heapBytes: 0 };
const pending = new Map();
let port;
let slots;

export default function thread(task) {
  ({ port } = task);
  slots = new Int32Array(task.slots);
  port.on('message', receive);
}

async function receive(message) {
  switch (message.type) {
    case 'load':
      return port.postMessage({ type: 'loaded', extensionId: message.extension.id, reply: load(message) });
    case 'batch':
      return port.postMessage({ type: 'batch', batchId: message.batchId, outcomes: await batch(message) });
    case 'settle':
      return message.settlements.forEach(({ callId, value }) => pending.get(callId)?.(value));
    case 'abort':
      return message.callIds.forEach((callId) => pending.get(callId)?.(undefined));
    case 'stats': {
      const stats = { sandboxes: 1, snapshots: 1, restores: 5, replacements: 0, memoryBytes: 1024 };
      return port.postMessage({ type: 'stats', requestId: 0, stats });
    }
    default:
  }
}

function load({ extension }) {
  if (extension.source === 'exit') process.exit(3);
  const registrations = [{ type: 'operation', id: 'run', handler: 0 }];
  return { ok: true, loaded: { registrations, snapshot: { key: 'key', bytes: new ArrayBuffer(8) }, heapBytes: 1 } };
}

async function batch({ calls }) {
  const outcomes = await Promise.all(unpackCalls(Buffer.from(calls, 'latin1')).map(run));
  return packOutcomes(outcomes.filter((outcome) => outcome !== undefined));
}

function run({ callId, argument }) {
  const order = decodeValue(argument);
  slots[1] += 1;
  slots[0] = callId;
  try {
    return perform(callId, order ?? {});
  } finally {
    slots[0] = 0;
  }
}

function perform(callId, order) {
  const done = (value) => ({
    callId,
    ok: true,
    value: value instanceof Uint8Array ? value : encodeValue(value),
    usage,
  });
  switch (order.do) {
    case 'spin':
      for (;;);
    case 'exit':
      process.exit(1);
    case 'throw':
      setImmediate(() => {
        throw new Error('uncaught');
      });
      return new Promise(() => {});
    case 'reject':
      Promise.reject(new Error('unhandled'));
      return new Promise(() => {});
    case 'grow': {
      const hoard = [];
      for (;;) hoard.push(Array.from({ length: 1_000_000 }, Object));
    }
    case 'log':
      port.postMessage({
        type: 'capabilities',
        calls: [{ callId, seq: 1, name: 'log', args: [encodeValue(order.text)] }],
      });
      return done('logged');
    case 'ask':
      port.postMessage({ type: 'capabilities', calls: [{ callId, seq: 1, name: order.name, args: [] }] });
      return new Promise((resolve) => pending.set(callId, resolve)).then((value) => value && succeed(callId, value));
    case 'raw':
      for (let i = 0; i < (order.times ?? 1); i++) port.postMessage(order.message);
      return done('sent');
    case 'transfer': {
      const { port1, port2 } = new MessageChannel();
      const shared = new SharedArrayBuffer(8);
      port.postMessage({ type: 'outcomes', outcomes: { packed: new Uint8Array(shared), errors: [port1] } }, [port1]);
      port.postMessage(port2, [port2]);
      port.postMessage(shared);
      return done('sent');
    }
    case 'unclonable':
      port.postMessage({ type: 'capabilities', calls: [() => {}] });
      return done('sent');
    default:
      return done(order.value);
  }
}

function succeed(callId, value) {
  return { callId, ok: true, value: value instanceof Uint8Array ? value : encodeValue(value), usage };
}
