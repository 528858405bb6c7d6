import { SLOT, type HostMessage, type OutcomeWire, type ThreadMessage, type ThreadReply, type ThreadTask } from '@sandglass/core';

import { createEngine, type Engine } from './engine.js';

/** A batch that runs longer than this hands over what it has, so that a call that hangs takes no finished ones with it. */
const HAND_OVER_AFTER_MS = 5;

/** The engine of this thread, from the first task on. */
interface Attached {
  engine: Engine;
  send: (message: ThreadMessage) => void;
}

let attached: Promise<Attached> | undefined;

/** Open batches: how many calls each still waits for, and what to do then. */
const batches: Map<number, Batch> = new Map();

interface Batch {
  left: number;
  done: (outcomes: OutcomeWire[]) => void;
}

/** The piscina task. The first one of a thread is `attach`. */
export default async function runTask(task: ThreadTask): Promise<ThreadReply[keyof ThreadReply]> {
  switch (task.type) {
    case 'attach':
      attached = attach(task);
      await attached;
      return { threadId: (await import('node:worker_threads')).threadId };
    case 'load':
      return (await engineOf()).engine.load(task.extension, task.snapshot);
    case 'batch':
      return runBatch(await engineOf(), task);
    default:
      return task satisfies never;
  }
}

function engineOf(): Promise<Attached> {
  if (!attached) throw new Error('the thread has no engine yet');
  return attached;
}

async function attach({ port, slots, wasm }: Extract<ThreadTask, { type: 'attach' }>): Promise<Attached> {
  const send = (message: ThreadMessage): void => port.postMessage(message);
  const engine = await createEngine({
    wasm,
    slots: new Int32Array(slots, 0, SLOT.length),
    onOutcomes: (outcomes) => settle(outcomes, send),
    onCapabilities: (calls) => send({ type: 'capabilities', calls }),
  });
  port.onmessage = ({ data }: MessageEvent<HostMessage>) => receive(data, { engine, send });
  return { engine, send };
}

function receive(message: HostMessage, { engine, send }: Attached): void {
  switch (message.type) {
    case 'settle':
      return engine.settle(message.settlements);
    case 'abort':
      engine.abort(message.callIds);
      return forgetCalls(message.callIds);
    case 'forget':
      return engine.forget(message.extensionId);
    case 'stats':
      return send({ type: 'stats', requestId: message.requestId, stats: engine.stats() });
    default:
      return message satisfies never;
  }
}

/** Runs the calls one by one. The task stays open until each has settled, so that the thread keeps its event loop. */
function runBatch({ engine, send }: Attached, { install, calls }: Extract<ThreadTask, { type: 'batch' }>): ThreadReply['batch'] | Promise<ThreadReply['batch']> {
  for (const each of install) engine.install(each);
  let outcomes: OutcomeWire[] = [];
  const waiting: number[] = [];
  let handedOverAt = performance.now();
  for (const call of calls) {
    const [outcome] = engine.run([call]);
    if (outcome) outcomes.push(outcome);
    else waiting.push(call.callId);
    if (outcomes.length > 0 && performance.now() - handedOverAt > HAND_OVER_AFTER_MS) {
      send({ type: 'outcomes', outcomes });
      outcomes = [];
      handedOverAt = performance.now();
    }
  }
  if (waiting.length === 0) return { outcomes };
  if (outcomes.length > 0) send({ type: 'outcomes', outcomes });
  return new Promise((resolve) => {
    const batch: Batch = { left: waiting.length, done: (last) => resolve({ outcomes: last }) };
    for (const callId of waiting) batches.set(callId, batch);
  });
}

/** Sends outcomes that came late; the last one of a batch closes its task. */
function settle(outcomes: OutcomeWire[], send: Attached['send']): void {
  const others: OutcomeWire[] = [];
  for (const outcome of outcomes) {
    const batch = batches.get(outcome.callId);
    batches.delete(outcome.callId);
    if (batch && --batch.left === 0) batch.done([outcome]);
    else others.push(outcome);
  }
  if (others.length > 0) send({ type: 'outcomes', outcomes: others });
}

/** Calls that the host gave up no longer hold their batch open. */
function forgetCalls(callIds: number[]): void {
  for (const callId of callIds) {
    const batch = batches.get(callId);
    batches.delete(callId);
    if (batch && --batch.left === 0) batch.done([]);
  }
}
