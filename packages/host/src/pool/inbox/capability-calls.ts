import { decodeValue, encodeValue, isSandglassError, SandglassError } from '@sandglass/core';
import type { CapabilityAnswerWire, CapabilityCallWire, CapabilityErrorWire } from '@sandglass/core';

import type { CallEnd } from '../../time/call-end.js';
import type { CapabilityCall, CapabilityOptions, RelayedCapabilityCall } from '../contract.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { limitError } from '../jobs/call-errors.js';
import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Job } from '../jobs/job.js';
import type { Ledger } from '../jobs/ledger.js';
import type { Lane } from '../lanes/lane.js';
import type { Run } from '../lanes/run.js';
import { countArguments, countCall, countLog, quota, sizeOf } from './quotas.js';
import { TurnBudget } from './turn-budget.js';

/** What a sleep that waits takes of V8's heap here: 2.8 KB (65,536 of them, after a collection). */
const PENDING_BYTES = 3_072;

/**
 * Parts of an argument that the host decodes: each item of a list is one, each property four. That
 * takes it up to 50 ms.
 */
const MAX_ARGUMENT_PARTS = 262_144;

interface CapabilityCallsOptions extends CapabilityOptions {
  /** Set on a runner: takes the calls, as they came, to who serves them. */
  relay?: (call: RelayedCapabilityCall) => void;
}

/**
 * Serves the capability calls of guests: counts them, passes them to the host's capabilities, and
 * returns the answers.
 */
export class CapabilityCalls {
  readonly #options: CapabilityCallsOptions;
  readonly #ledger: Ledger;
  readonly #dispatcher: Dispatcher;
  /**
   * Goes up once in each turn of the event loop in which an effect begins. A call that is refused
   * within its turn has done nothing, since no I/O ends so soon. A later refusal, of a redirect for
   * example, may follow an effect.
   */
  #turn = 0;
  #isTurnCounted = false;
  readonly #turnBudget: TurnBudget<PoolExtension> = new TurnBudget();

  constructor(options: CapabilityCallsOptions, ledger: Ledger, dispatcher: Dispatcher) {
    this.#options = options;
    this.#ledger = ledger;
    this.#dispatcher = dispatcher;
  }

  /**
   * Takes a capability call of a run whose engine counts.
   *
   * @returns false if no sound engine would have sent it.
   */
  take(lane: Lane, run: Run, call: CapabilityCallWire): boolean {
    const { job } = run;
    const isSync = job.extension.syncNames.has(call.name);
    if (call.seq <= run.lastSeq || !(isSync || job.extension.capabilities.has(call.name))) return false;
    run.lastSeq = call.seq;
    // it had asked, and nobody is left to answer
    if (lane.condition === 'lost' && !isSync) return true;
    const exceeded = countArguments(job, call) ?? (isSync ? undefined : (countCall(run) ?? this.#hold(job, call)));
    if (exceeded) {
      this.#ledger.reject(job, exceeded);
      return true;
    }
    return this.#options.relay ? this.#relay(lane, run, call, isSync) : this.#decode(lane, run, call, isSync);
  }

  /** Gives a call on, and its answer back. */
  #relay(lane: Lane, run: Run, wire: CapabilityCallWire, isSync: boolean): boolean {
    const { job } = run;
    const tooMuch = isSync ? countLog(run, wire) : undefined;
    if (tooMuch) this.#ledger.reject(job, tooMuch);
    else
      this.#options.relay?.({
        extensionId: job.extension.wire.id,
        isSync,
        wire,
        answer: (answer) => {
          if (run.isWanted) this.#settle(lane, run, wire, answer);
        },
      });
    return true;
  }

  #decode(lane: Lane, run: Run, call: CapabilityCallWire, isSync: boolean): boolean {
    const { job } = run;
    let args: unknown[];
    try {
      args = call.args.map((argument) => decodeValue(argument, MAX_ARGUMENT_PARTS));
    } catch (error) {
      if (!isSync) this.#fail(lane, run, call, toCapabilityError(call.name, error));
      return true;
    }
    const tooMuch = isSync ? countLog(run, call) : undefined;
    if (tooMuch) this.#ledger.reject(job, tooMuch);
    else if (isSync) this.#serveSync(run, call, args);
    else this.#serveInTurn(lane, run, call, args);
    return true;
  }

  /** Counts what the host holds of it until the answer. */
  #hold(job: Job, call: CapabilityCallWire): SandglassError | undefined {
    const bytes = heldBytes(call);
    const { held } = this.#ledger;
    if (!held.fits(job.extension, bytes)) return limitError('E_MEMORY', job.origin, held.limit(job.extension, bytes));
    held.hold(job, bytes);
    return undefined;
  }

  /** Begins now or in a later turn, and then only if somebody still waits for the answer. */
  #serveInTurn(lane: Lane, run: Run, call: CapabilityCallWire, args: unknown[]): void {
    const serve = (): void => this.#serve(lane, run, call, args);
    this.#turnBudget.run(run.job.extension, serve, () => run.isWanted);
  }

  #serve(lane: Lane, run: Run, call: CapabilityCallWire, args: unknown[]): void {
    const { job } = run;
    const startedMs = performance.now();
    const turn = this.#beginEffect(job, call);
    const isOver = (): boolean => {
      job.extension.counters.capabilityMs.record(performance.now() - startedMs);
      return !run.isWanted;
    };
    this.#ask(job, call, args).then(
      (value) => {
        count(job, call);
        if (!isOver()) this.#answer(lane, run, call, value);
      },
      (error: unknown) => {
        count(job, call, error);
        this.#takeBack(job, turn, error);
        if (isOver()) return;
        if (endsCall(error)) this.#ledger.reject(job, named(error, job));
        else this.#fail(lane, run, call, toCapabilityError(call.name, error));
      },
    );
  }

  /**
   * Serves a call of a synchronous capability. The guest has its answer already; only an error that
   * ends the whole call counts.
   */
  #serveSync(run: Run, call: CapabilityCallWire, args: unknown[]): void {
    const { job } = run;
    const turn = this.#beginEffect(job, call);
    this.#ask(job, call, args).then(
      () => count(job, call),
      (error: unknown) => {
        count(job, call, error);
        this.#takeBack(job, turn, error);
        if (run.isWanted && endsCall(error)) this.#ledger.reject(job, named(error, job));
      },
    );
  }

  #ask(job: Job, call: CapabilityCallWire, args: unknown[]): Promise<unknown> {
    try {
      return this.#options.onCapability(new ServedCall(this.#ledger, job, call, args));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Counts an effect before it can happen.
   *
   * @returns the turn of the event loop in which it begins.
   */
  #beginEffect(job: Job, { name }: CapabilityCallWire): number | undefined {
    if (!this.#options.isEffect(name)) return undefined;
    job.effects += 1;
    const turn = this.#turn;
    if (this.#isTurnCounted) return turn;
    this.#isTurnCounted = true;
    setImmediate(() => {
      this.#turn += 1;
      this.#isTurnCounted = false;
    });
    return turn;
  }

  /** An effect that was refused in the turn in which it began did not happen. */
  #takeBack(job: Job, turn: number | undefined, error: unknown): void {
    if (turn === this.#turn && isRefusal(error)) job.effects -= 1;
  }

  #answer(lane: Lane, run: Run, call: CapabilityCallWire, value: unknown): void {
    const { job } = run;
    let bytes: Uint8Array;
    try {
      bytes = encodeValue(value);
    } catch (error) {
      return this.#fail(lane, run, call, toCapabilityError(call.name, error));
    }
    if (bytes.byteLength > job.limits.maxArgumentBytes)
      return this.#ledger.reject(job, quota(job, 'maxArgumentBytes', bytes.byteLength));
    this.#settle(lane, run, call, { ok: true, value: bytes });
  }

  #fail(lane: Lane, run: Run, call: CapabilityCallWire, error: CapabilityErrorWire): void {
    this.#settle(lane, run, call, { ok: false, error });
  }

  #settle(lane: Lane, run: Run, call: CapabilityCallWire, answer: CapabilityAnswerWire): void {
    run.pendingCapabilityCalls -= 1;
    this.#ledger.held.hold(run.job, -heldBytes(call));
    const { callId } = run.job;
    const { seq } = call;
    // Field by field: see `AuditRecord.finish`.
    if (answer.ok) lane.answer(run, { callId, seq, ok: true, value: answer.value });
    else lane.answer(run, { callId, seq, ok: false, error: answer.error });
    this.#dispatcher.schedule();
  }
}

function heldBytes(call: CapabilityCallWire): number {
  return sizeOf(call) + PENDING_BYTES;
}

/** A class, no literal: see `LinkedList` in core. */
class ServedCall implements CapabilityCall {
  readonly callId: number;
  readonly extensionId: number;
  readonly name: string;
  readonly args: unknown[];
  readonly ending: CallEnd;
  readonly context: object | undefined;
  readonly requestId: string | undefined;
  readonly trace: CapabilityCall['trace'];
  readonly #ledger: Ledger;
  readonly #job: Job;

  constructor(ledger: Ledger, job: Job, { name }: CapabilityCallWire, args: unknown[]) {
    this.callId = job.callId;
    this.extensionId = job.extension.wire.id;
    this.name = name;
    this.args = args;
    this.ending = job.ending;
    this.context = job.context;
    this.requestId = job.requestId;
    this.trace = job.trace;
    this.#ledger = ledger;
    this.#job = job;
  }

  remainingTimeMs(): number {
    return this.#ledger.leftMs(this.#job);
  }
}

function endsCall(error: unknown): error is SandglassError {
  return isSandglassError(error) && !hasWire(error);
}

/** The same error with the call's name and id, if it came without. */
function named(error: SandglassError, job: Job): SandglassError {
  if (error.extension !== undefined && error.callId !== undefined) return error;
  return new SandglassError(error.code, error.message, { ...job.origin, limit: error.limit, cause: error.cause });
}

/** @param error what a capability call ended with. */
function count({ extension }: Job, { name }: CapabilityCallWire, error?: unknown): void {
  extension.counters.countCapabilityCall(name, isRefusal(error) ? 'denied' : 'allowed');
}

/** Whether the gate did not let it through. */
function isRefusal(error: unknown): boolean {
  return hasWire(error) && error.wire.code === 'E_SCOPE';
}

function hasWire(error: unknown): error is { wire: CapabilityErrorWire } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'wire' in error &&
    typeof error.wire === 'object' &&
    error.wire !== null
  );
}

/** The error that the guest gets. One that was not made for guests shows nothing of the host. */
function toCapabilityError(name: string, error: unknown): CapabilityErrorWire {
  if (hasWire(error)) return error.wire;
  if (isSandglassError(error) && error.code === 'E_CLONE')
    return { name: 'TypeError', message: error.message, code: 'E_CLONE' };
  return { name: 'Error', message: `Cannot serve "${name}"`, code: 'E_GUEST' };
}
