import {
  decodeValue,
  DEFAULT_LIMITS,
  encodeValue,
  type CapabilityCallWire,
  type ExtensionWire,
  type OutcomeWire,
} from '@sandglass/core';

import { expect } from 'vitest';

import { createEngine, type Engine, type EngineOptions } from '../../calls/engine.js';

/** An engine whose guests may `ask`, and nobody answers but the test. */
export interface AskingEngine {
  engine: Engine;
  asked: CapabilityCallWire[];
  /** Values, or codes and the names of limits. */
  outcomes: Map<number, unknown>;
  /** Loads an operation. @returns its id */
  load(handler: string): Promise<number>;
  start(callId: number, argument: unknown, extensionId?: number): void;
  answer(call: CapabilityCallWire, value: unknown): void;
}

export async function openAsking(options: Partial<EngineOptions> = {}): Promise<AskingEngine> {
  const asked: CapabilityCallWire[] = [];
  const outcomes = new Map<number, unknown>();
  const keep = (outcome: OutcomeWire): void => void outcomes.set(outcome.callId, valueOf(outcome));
  const engine = await createEngine({
    ...options,
    onOutcomes: (list) => list.forEach(keep),
    onCapabilities: (calls) => void asked.push(...calls),
  });
  let lastId = 0;
  return {
    engine,
    asked,
    outcomes,
    async load(handler) {
      const reply = await engine.load(describe((lastId += 1), handler));
      if (!reply.ok) throw new Error(reply.error.message);
      return lastId;
    },
    start(callId, argument, extensionId = 1) {
      const outcome = engine.run({ callId, extensionId, handler: 0, argument: encodeValue(argument) });
      if (outcome) keep(outcome);
    },
    answer: ({ callId, seq }, value) => engine.settle([{ callId, seq, ok: true, value: encodeValue(value) }]),
  };
}

function describe(id: number, handler: string): ExtensionWire {
  return {
    id,
    name: `work ${id}`,
    type: 'operation',
    filename: 'index.js',
    source: `import { ask } from 'test'; export default { id: 'work', handler: ${handler} };`,
    isolation: 'pristine',
    limits: DEFAULT_LIMITS,
    capabilities: [{ name: 'ask', module: 'test', granted: true, parameters: 1 }],
    nodeEnv: 'test',
  };
}

function valueOf(outcome: OutcomeWire): unknown {
  if (outcome.ok) return decodeValue(outcome.value);
  const { code, limit } = outcome.error;
  return limit ? `${code} ${limit.name}` : code;
}

/** Waits until an assertion holds. */
export function poll<Value>(read: () => Value): ReturnType<typeof expect.poll<Value>> {
  return expect.poll(read, { timeout: 15_000 });
}
