import { receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import {
  packOutcomes,
  SLOT,
  unpackCalls,
  type HostMessage,
  type OutcomesWire,
  type OutcomeWire,
  type PackedWire,
  type ThreadMessage,
  type ThreadReply,
  type ThreadTask,
} from '@sandglass/core';

import { createEngine, type Engine } from './engine.js';

/** A batch that runs longer than this hands over what it has, so that a call that hangs takes no finished ones with it. */
const HAND_OVER_AFTER_MS = 5;

/** The engine of this thread, from the first task on. */
interface Attached {
  engine: Engine;
  port: MessagePort;
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
      return { threadId };
    case 'load':
      return listen(await engineOf()).engine.load(task.extension, task.snapshot);
    case 'batch':
      return runBatch(listen(await engineOf()), task);
    default:
      return task satisfies never;
  }
}

function engineOf(): Promise<Attached> {
  if (!attached) throw new Error('the thread has no engine yet');
  return attached;
}

async function attach({ port: given, slots, wasm }: Extract<ThreadTask, { type: 'attach' }>): Promise<Attached> {
  const port = given as unknown as MessagePort; // Node's and the web's MessagePort are the same thing with two types
  const send = (message: ThreadMessage): void => port.postMessage(message);
  const engine = await createEngine({
    wasm,
    slots: new Int32Array(slots, 0, SLOT.length),
    onOutcomes: (outcomes) => settle(outcomes, send),
    onCapabilities: (calls) => send({ type: 'capabilities', calls }),
  });
  const self: Attached = { engine, port, send };
  port.on('message', (message: HostMessage) => receive(message, self));
  return self;
}

/** Reads what came while the thread slept: piscina keeps an idle one from its event loop. */
function listen(self: Attached): Attached {
  for (let entry = receiveMessageOnPort(self.port); entry; entry = receiveMessageOnPort(self.port)) {
    receive(entry.message as HostMessage, self);
  }
  return self;
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
function runBatch(
  { engine, send }: Attached,
  { install, calls }: Extract<ThreadTask, { type: 'batch' }>,
): ThreadReply['batch'] | Promise<ThreadReply['batch']> {
  for (const each of install ?? []) engine.install(each);
  let outcomes: OutcomeWire[] = [];
  const waiting: number[] = [];
  let handedOverAt = performance.now();
  for (const call of unpackCalls(toBytes(calls))) {
    const [outcome] = engine.run([call]);
    if (outcome) outcomes.push(outcome);
    else waiting.push(call.callId);
    if (outcomes.length > 0 && performance.now() - handedOverAt > HAND_OVER_AFTER_MS) {
      send({ type: 'outcomes', outcomes: toWire(outcomes) });
      outcomes = [];
      handedOverAt = performance.now();
    }
  }
  if (waiting.length === 0) return { outcomes: toWire(outcomes) };
  if (outcomes.length > 0) send({ type: 'outcomes', outcomes: toWire(outcomes) });
  return new Promise((resolve) => {
    const batch: Batch = { left: waiting.length, done: (last) => resolve({ outcomes: toWire(last) }) };
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
  if (others.length > 0) send({ type: 'outcomes', outcomes: toWire(others) });
}

/** Calls that the host gave up no longer hold their batch open. */
function forgetCalls(callIds: number[]): void {
  for (const callId of callIds) {
    const batch = batches.get(callId);
    batches.delete(callId);
    if (batch && --batch.left === 0) batch.done([]);
  }
}

/** Longest list that travels as a string; above it, the copies cost more than they spare. */
const MAX_TEXT_BYTES = 65_536;

function toBytes(packed: PackedWire): Uint8Array {
  return typeof packed === 'string' ? Buffer.from(packed, 'latin1') : packed;
}

function toWire(outcomes: OutcomeWire[]): OutcomesWire {
  const { packed, errors } = packOutcomes(outcomes);
  const wire: OutcomesWire = { packed: packed.byteLength <= MAX_TEXT_BYTES ? latin1(packed) : packed };
  if (errors.length > 0) wire.errors = errors;
  return wire;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
