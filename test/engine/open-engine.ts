import {
  decodeValue,
  DEFAULT_LIMITS,
  encodeValue,
  revive,
  type CapabilityCallWire,
  type CapabilityErrorWire,
  type CapabilityWire,
  type ErrorWire,
  type ExtensionWire,
  type Limits,
  type LoadedWire,
  type OutcomeWire,
  type SettlementWire,
  type SnapshotWire,
  type Table,
  type ThrownWire,
  type UsageWire,
} from '@sandglass/core';
import { createEngine, type Engine, type EngineOptions } from '@sandglass/worker';

/** The built-in capabilities as the host grants them. */
export const CAPABILITIES: CapabilityWire[] = [
  {
    name: 'log',
    module: 'directus:api',
    granted: true,
    parameters: 1,
    sync: [{ label: 'Log message', type: 'string' }],
  },
  { name: 'sleep', module: 'directus:api', granted: true, parameters: 1 },
  { name: 'request', module: 'directus:api', granted: true, parameters: 2 },
  {
    name: 'console',
    module: '',
    granted: true,
    parameters: 1,
    sync: [{ label: 'Console message', type: 'string' }],
  },
];

/** A capability call as a test reads it. */
export interface SeenCall {
  callId: number;
  seq: number;
  name: string;
  args: unknown[];
}

/** How a test answers an asynchronous capability call: with a value, an error, or not at all. */
export type Answer = { value: unknown } | { error: CapabilityErrorWire } | undefined;

/** The end of a call, its values decoded. */
export interface Ended {
  ok: boolean;
  value?: unknown;
  code?: string;
  message?: string;
  limit?: ErrorWire['limit'];
  thrown?: unknown;
  usage: UsageWire;
}

export interface Started {
  callId: number;
  ended: Promise<Ended>;
  over: Promise<Ended>;
}

export type ExtensionOptions = Partial<Omit<ExtensionWire, 'limits' | 'id' | 'source'>> & { limits?: Partial<Limits> };

export interface TestEngineOptions extends Omit<EngineOptions, 'onOutcomes' | 'onCapabilities'> {
  /**
   * Answers on the next turn of the event loop. @default undefined for `sleep`, `E_SCOPE` for
   * everything else
   */
  answer?: (call: SeenCall) => Answer;
}

/** An engine with the part of a host that its tests need. */
export class TestEngine {
  readonly engine: Engine;
  /** Every capability call so far. */
  readonly seen: SeenCall[] = [];
  readonly #answer: (call: SeenCall) => Answer;
  readonly #pending: Map<number, { end: (outcome: OutcomeWire) => void; over: (outcome: OutcomeWire) => void }> =
    new Map();
  #nextExtension = 1;
  #nextCall = 1;

  static async open(options: TestEngineOptions = {}): Promise<TestEngine> {
    const opened: { engine?: TestEngine } = {};
    const engine = await createEngine({
      ...options,
      onOutcomes: (outcomes) => opened.engine?.finish(outcomes),
      onCapabilities: (calls) => opened.engine?.receive(calls),
    });
    return (opened.engine = new TestEngine(engine, options.answer ?? denyAll));
  }

  private constructor(engine: Engine, answer: (call: SeenCall) => Answer) {
    this.engine = engine;
    this.#answer = answer;
  }

  /** The wire form of an extension; its id is the next free one. */
  describe(source: string, { limits, ...rest }: ExtensionOptions = {}): ExtensionWire {
    return {
      id: this.#nextExtension++,
      name: 'test',
      type: 'operation',
      filename: 'index.js',
      isolation: 'pristine',
      capabilities: CAPABILITIES,
      nodeEnv: 'production',
      ...rest,
      source,
      limits: { ...DEFAULT_LIMITS, ...limits },
    };
  }

  /** Loads and answers with the id. @throws the load's error, with its code. */
  async load(source: string, options: ExtensionOptions = {}): Promise<number> {
    const extension = this.describe(source, options);
    const { error } = await this.tryLoad(extension);
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    return extension.id;
  }

  async tryLoad(
    extension: ExtensionWire,
    snapshot?: SnapshotWire,
  ): Promise<{ loaded?: LoadedWire; error?: ErrorWire }> {
    const reply = await this.engine.load(extension, snapshot);
    return reply.ok ? { loaded: reply.loaded } : { error: reply.error };
  }

  /** Loads a filter from the text of its handler: what it returns is copied as it is. */
  async handler(handler: string, options: ExtensionOptions & { before?: string } = {}): Promise<number> {
    const { before = '', ...rest } = options;
    return this.load(
      `import { log, sleep, request } from 'directus:api';\n${before};\nexport default ({ filter }) => filter('test', ${handler});`,
      { type: 'hook', ...rest },
    );
  }

  /**
   * Starts a call; `callId` is for `abort` and `settle`. It is `over` when what it had started has
   * come to an end.
   */
  start(extensionId: number, argument?: unknown, handler = 0): Started {
    return this.startEncoded(extensionId, encodeValue(argument), handler);
  }

  startEncoded(extensionId: number, argument: Uint8Array<ArrayBuffer>, handler = 0): Started {
    const callId = this.#nextCall++;
    const [ended, end] = deferred();
    const [isOver, over] = deferred();
    this.#pending.set(callId, { end, over });
    const outcome = this.engine.run({ callId, extensionId, handler, argument });
    if (outcome) this.finish([outcome]);
    const last = isOver.then(toEnded);
    last.catch(() => {}); // most tests ask only for the first
    return { callId, ended: ended.then(toEnded), over: last };
  }

  call(extensionId: number, argument?: unknown, handler = 0): Promise<Ended> {
    return this.start(extensionId, argument, handler).ended;
  }

  /** The value of a call that must succeed. */
  async value(extensionId: number, argument?: unknown, handler = 0): Promise<unknown> {
    const ended = await this.call(extensionId, argument, handler);
    if (!ended.ok) throw new Error(`${ended.code}: ${ended.message}`);
    return ended.value;
  }

  finish(outcomes: OutcomeWire[]): void {
    for (const outcome of outcomes) {
      const call = this.#pending.get(outcome.callId);
      if (!call) throw new Error(`call ${outcome.callId} ended twice, or was never made`);
      call.end(outcome); // the first one counts
      if (outcome.goesOn === true) continue;
      this.#pending.delete(outcome.callId);
      call.over(outcome);
    }
  }

  receive(calls: CapabilityCallWire[]): void {
    const settlements: SettlementWire[] = [];
    for (const { callId, seq, name, args } of calls) {
      const call: SeenCall = { callId, seq, name, args: args.map((each) => decodeValue(each)) };
      this.seen.push(call);
      if (name === 'log' || name === 'console') continue;
      const answer = this.#answer(call);
      if (!answer) continue;
      settlements.push(
        'error' in answer
          ? { callId, seq, ok: false, error: answer.error }
          : { callId, seq, ok: true, value: encodeValue(answer.value) },
      );
    }
    if (settlements.length > 0) setImmediate(() => this.engine.settle(settlements));
  }
}

function deferred(): [promise: Promise<OutcomeWire>, resolve: (outcome: OutcomeWire) => void] {
  let resolve!: (outcome: OutcomeWire) => void;
  return [new Promise((given) => (resolve = given)), (outcome) => resolve(outcome)];
}

function denyAll({ name }: SeenCall): Answer {
  if (name === 'sleep') return { value: undefined };
  return { error: { name: 'Error', message: `No permission to access "${name}"`, code: 'E_SCOPE' } };
}

function toEnded(outcome: OutcomeWire): Ended {
  if (outcome.ok) {
    const { value, usage } = outcome;
    return { ok: true, value: value.length > 0 ? decodeValue(value) : undefined, usage };
  }
  const { code, message, limit, thrown } = outcome.error;
  return {
    ok: false,
    code,
    message,
    ...(limit && { limit }),
    thrown: thrown && describeThrown(thrown),
    usage: outcome.usage,
  };
}

/** A stub of the host's `request`: the corpus' grant is `https://allowed.test/*`. */
export function answerLikeHost({ name, args }: SeenCall): Answer {
  const [first, options] = args;
  if (name === 'sleep') {
    return typeof first === 'number' ? { value: undefined } : typeError('Sleep milliseconds has to be of type number');
  }
  if (typeof first !== 'string') return typeError('Request url has to be of type string');
  if (options === null || (options !== undefined && typeof options !== 'object')) {
    return typeError('Request options has to be of type object');
  }
  if (!first.startsWith('https://allowed.test/')) {
    return { error: { name: 'Error', message: `No permission to request "${first}"`, code: 'E_SCOPE' } };
  }
  return { value: { status: 200, statusText: 'OK', headers: { 'content-type': 'text/plain' }, data: 'allowed' } };
}

function typeError(message: string): Answer {
  return { error: { name: 'TypeError', message, code: 'E_GUEST' } };
}

/** What was thrown, by name. */
function describeThrown(bytes: Uint8Array): object {
  // the engine made it
  const [, kind, nameOrValue, message, stack, data] = decodeValue(bytes) as ThrownWire;
  if (kind === 'value') return { kind, value: nameOrValue };
  return { kind, name: nameOrValue, message, stack, data: data && reviveOrNot(data as Table) };
}

/** As the host does: data that cannot be made here is left out. */
function reviveOrNot(table: Table): unknown {
  try {
    return revive(table);
  } catch {
    return undefined;
  }
}
