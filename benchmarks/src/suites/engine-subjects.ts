import {
  type CallWire,
  decodeValue,
  DEFAULT_LIMITS,
  encodeValue,
  type ExtensionWire,
  type Isolation,
  type OutcomeWire,
} from '@sandglass/core';
import { compileEngine, createEngine, type Engine } from '@sandglass/worker';

// The engine's own parts, which its package keeps private.
import { findLayout } from '../../../packages/worker/dist/quickjs/find-layout.js';
import { createCardMemory } from '../../../packages/worker/dist/quickjs/memory/cards.js';
import { SandboxFactory } from '../../../packages/worker/dist/supply/sandbox-factory.js';
import { openSnapshot } from '../../../packages/worker/dist/sandbox/snapshot.js';
import type { Subject } from '../run/subject.js';

/** A handler to call in the engine on this thread: no pool, no host. */
export interface EngineInput {
  /** ES module in the form of an operation. */
  module: string;
  argument: unknown;
  isolation: Isolation;
  /**
   * Calls made once more, in percent: a regression of the call path on purpose, the same on a fast
   * machine and on a busy one. 0 to 100. @default 0
   */
  slowdownPercent?: number;
}

/**
 * One call: the argument encoded, the handler run, the result decoded, the sandbox restored where
 * it is pristine.
 */
export async function openCall({ module, argument, isolation, slowdownPercent = 0 }: EngineInput): Promise<Subject> {
  const pending: Map<number, (outcome: OutcomeWire) => void> = new Map();
  const engine = await createEngine({
    onOutcomes: (outcomes) => {
      for (const outcome of outcomes) pending.get(outcome.callId)?.(outcome);
    },
    onCapabilities: () => undefined,
  });
  await load(engine, toExtension(module, isolation));
  let callId = 0;
  const call = (): unknown => {
    const wire: CallWire = { callId: ++callId, extensionId: 1, handler: 0, argument: encodeValue(argument) };
    const outcome = engine.run(wire);
    if (outcome) return unwrap(outcome);
    return new Promise<OutcomeWire>((resolve) => pending.set(wire.callId, resolve)).then((late) => {
      pending.delete(wire.callId);
      return unwrap(late);
    });
  };
  await call();
  return { run: slowdownPercent === 0 ? call : slowed(call, slowdownPercent), close: () => engine.close() };
}

/** The restore alone, after a call: what the call marked as written is marked again each time. */
export async function openRestore({
  module,
  argument = {},
}: Partial<EngineInput> & Pick<EngineInput, 'module'>): Promise<Subject> {
  const wasm = await compileEngine();
  const engine = await createEngine({ wasm, onOutcomes: () => undefined, onCapabilities: () => undefined });
  const extension = toExtension(module, 'pristine');
  const { snapshot: wire } = await load(engine, extension);
  const layout = await findLayout(wasm);
  const snapshot = openSnapshot(wire, wire.key, layout);
  if (!snapshot) throw new Error('The snapshot does not open');
  const [sandbox, memory] = await watchMemory(() => new SandboxFactory(wasm, layout).open(extension, snapshot));
  const { marks } = createCardMemory(memory.buffer);
  const nothing = {
    mustStop: () => false,
    onCapability: () => undefined,
    onSync: () => undefined,
    onRejection: () => undefined,
    onHandled: () => 0,
  };
  sandbox.begin();
  sandbox.copy(nothing, sandbox.invoke(nothing, 0, encodeValue(argument)).value);
  const written = [...marks.keys()].filter((card) => marks[card] !== 0);
  return {
    run() {
      for (const card of written) marks[card] = 1;
      sandbox.restore(snapshot);
    },
    close: () => engine.close(),
  };
}

/** What Node's types leave out. */
interface Memory {
  readonly buffer: ArrayBuffer;
}
const { WebAssembly: wasmApi } = globalThis as unknown as {
  WebAssembly: { Memory: new (...args: object[]) => Memory };
};

/** Makes something, and finds the memory that was made for it. */
async function watchMemory<T>(make: () => Promise<T>): Promise<[made: T, memory: Memory]> {
  const { Memory } = wasmApi;
  let memory: Memory | undefined;
  wasmApi.Memory = new Proxy(Memory, { construct: (target, args: object[]) => (memory = new target(...args)) });
  try {
    const made = await make();
    if (!memory) throw new Error('No memory was made');
    return [made, memory];
  } finally {
    wasmApi.Memory = Memory;
  }
}

/** Loading: from source, or from a snapshot of the same source. */
export async function openLoad({ module, from }: { module: string; from: 'source' | 'snapshot' }): Promise<Subject> {
  const engine = await createEngine({ onOutcomes: () => undefined, onCapabilities: () => undefined });
  const extension = toExtension(module, 'pristine');
  const { snapshot } = await load(engine, extension);
  engine.forget(extension.id);
  let id = extension.id;
  return {
    async run() {
      const next = { ...extension, id: ++id };
      await load(engine, next, from === 'snapshot' ? snapshot : undefined);
      engine.forget(id);
    },
    close: () => engine.close(),
  };
}

function toExtension(source: string, isolation: Isolation): ExtensionWire {
  return {
    id: 1,
    name: 'bench',
    type: 'operation',
    filename: 'bench.js',
    source,
    isolation,
    limits: { ...DEFAULT_LIMITS, cpuTimeMs: 60_000 },
    capabilities: ['log', 'sleep', 'request'].map((name) => ({
      name,
      module: 'directus:api',
      granted: true,
      parameters: 2,
    })),
    nodeEnv: 'production',
  };
}

type Loaded = Extract<Awaited<ReturnType<Engine['load']>>, { ok: true }>['loaded'];

async function load(engine: Engine, extension: ExtensionWire, snapshot?: Loaded['snapshot']): Promise<Loaded> {
  const reply = await engine.load(extension, snapshot);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.loaded;
}

function unwrap(outcome: OutcomeWire): unknown {
  if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return decodeValue(outcome.value);
}

function slowed(call: () => unknown, percent: number): () => unknown {
  let due = 0;
  return () => {
    due += percent;
    if (due >= 100) {
      due -= 100;
      call();
    }
    return call();
  };
}
