import { decodeValue, encodeValue, isSandglassError, SandglassError } from '@sandglass/core';
import type { CapabilityCallWire, CapabilityErrorWire, Limits } from '@sandglass/core';

import type { CallEnd } from '../../time/call-end.js';
import { limitError } from '../jobs/call-errors.js';
import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Job } from '../jobs/job.js';
import type { Lane } from '../lanes/lane.js';
import type { Ledger } from '../jobs/ledger.js';
import { TurnBudget } from './turn-budget.js';

/** A capability call as the pool's owner gets it. The arguments are the guest's: checked for size, nothing else. */
export interface CapabilityCall {
  /** `-extensionId` for one that a load makes. */
  readonly callId: number;
  readonly extensionId: number;
  readonly name: string;
  readonly args: unknown[];
  /** When the call settles, or begins again elsewhere. */
  readonly ending: CallEnd;
  /** Milliseconds left of the call's `wallTimeMs`. */
  remainingTimeMs(): number;
}

/** How the owner of the pool serves capabilities. */
export interface CapabilityOptions {
  /**
   * Serves one capability call. Ignored for names in `syncNames`: what it resolves to.
   *
   * Reject with an error that carries a `CapabilityErrorWire` as `wire` to fail the capability call, with a
   * `SandglassError` without one to end the whole call. Refused with the code `E_SCOPE` before any I/O, it counts as no
   * effect.
   */
  onCapability(call: CapabilityCall): Promise<unknown>;
  /** Whether a second run of this capability would do something a second time. */
  isEffect(name: string): boolean;
  /** Capabilities that guests get no answer to, such as `log`. They count as log lines. */
  syncNames: ReadonlySet<string>;
}

export interface CapabilityDesk extends CapabilityOptions {
  ledger: Ledger;
  nowMs: () => number;
  /** Something was added to a lane's settlements or aborts. */
  schedule(): void;
}

/** The host's side of the capability calls of guests: counts them, hands them on, returns the answers. */
export class CapabilityCalls {
  readonly #desk: CapabilityDesk;
  /**
   * Goes up once in each turn of the event loop that sees an effect begin. What is refused within its turn did nothing: no
   * I/O is over so soon. A refusal that comes later, of a redirect for example, may follow something done.
   */
  #turn = 0;
  #isTurnCounted = false;
  readonly #turnBudget: TurnBudget<PoolExtension> = new TurnBudget();

  constructor(desk: CapabilityDesk) {
    this.#desk = desk;
  }

  /**
   * Takes a capability call of a live job.
   *
   * @returns false if no sound engine would have sent it.
   */
  take(lane: Lane, job: Job, call: CapabilityCallWire): boolean {
    const isSync = this.#desk.syncNames.has(call.name);
    if (call.seq <= job.lastSeq || !(isSync || job.extension.capabilities.has(call.name))) return false;
    job.lastSeq = call.seq;
    if (lane.status === 'lost' && !isSync) return true; // it had asked, and nobody is left to answer
    const exceeded = countArguments(job, call) ?? (isSync ? undefined : countCall(job));
    if (exceeded) {
      this.#desk.ledger.reject(job, exceeded);
      return true;
    }
    let args: unknown[];
    try {
      args = call.args.map(decodeValue);
    } catch (error) {
      if (!isSync) this.#fail(lane, job, call, toCapabilityError(call.name, error));
      return true;
    }
    const tooMuch = isSync ? countLog(job, call) : undefined;
    if (tooMuch) this.#desk.ledger.reject(job, tooMuch);
    else if (isSync) this.#serve(lane, job, call, args, isSync);
    else this.#serveInTurn(lane, job, call, args);
    return true;
  }

  /** Begins now or in a later turn, and then only if somebody still waits for the answer. */
  #serveInTurn(lane: Lane, job: Job, call: CapabilityCallWire, args: unknown[]): void {
    const { run } = job;
    this.#turnBudget.run(job.extension, () => {
      if (isWanted(lane, job, run)) this.#serve(lane, job, call, args, false);
    });
  }

  #serve(lane: Lane, job: Job, call: CapabilityCallWire, args: unknown[], isSync: boolean): void {
    const desk = this.#desk;
    const { run } = job;
    const startedMs = performance.now();
    const turn = desk.isEffect(call.name) ? this.#beginEffect(job) : undefined;
    const isOver = (): boolean => {
      if (!isSync) job.extension.counters.capabilityMs.record(performance.now() - startedMs);
      return !isWanted(lane, job, run);
    };
    let answer: Promise<unknown>;
    try {
      answer = desk.onCapability(new ServedCall(desk, job, call, args));
    } catch (error) {
      answer = Promise.reject(error);
    }
    answer.then(
      (value) => {
        if (!isOver() && !isSync) this.#answer(lane, job, call, value);
      },
      (error: unknown) => {
        if (turn === this.#turn && isRefusal(error)) job.effects -= 1;
        if (isOver()) return;
        if (endsCall(error)) desk.ledger.reject(job, named(error, job));
        else if (!isSync) this.#fail(lane, job, call, toCapabilityError(call.name, error));
      },
    );
  }

  /** Counts an effect before it can happen. @returns the turn of the event loop in which it begins. */
  #beginEffect(job: Job): number {
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

  #answer(lane: Lane, job: Job, call: CapabilityCallWire, value: unknown): void {
    let bytes: Uint8Array;
    try {
      bytes = encodeValue(value);
    } catch (error) {
      return this.#fail(lane, job, call, toCapabilityError(call.name, error));
    }
    const limit = job.limits.maxArgumentBytes;
    if (bytes.byteLength > limit) {
      this.#desk.ledger.reject(job, quota(job, 'maxArgumentBytes', bytes.byteLength));
      return;
    }
    job.pendingCapabilityCalls -= 1;
    lane.answer(job, { callId: job.callId, seq: call.seq, ok: true, value: bytes });
    this.#desk.schedule();
  }

  #fail(lane: Lane, job: Job, call: CapabilityCallWire, error: CapabilityErrorWire): void {
    job.pendingCapabilityCalls -= 1;
    lane.answer(job, { callId: job.callId, seq: call.seq, ok: false, error });
    this.#desk.schedule();
  }
}

/** Whether the run that made a capability call still goes on. */
function isWanted(lane: Lane, job: Job, run: number): boolean {
  return !job.isSettled && job.run === run && job.lane === lane;
}

/** A class, no literal: see `LinkedList` in core. */
class ServedCall implements CapabilityCall {
  readonly callId: number;
  readonly extensionId: number;
  readonly name: string;
  readonly args: unknown[];
  readonly ending: CallEnd;
  readonly #nowMs: () => number;
  readonly #job: Job;

  constructor({ nowMs }: CapabilityDesk, job: Job, { name }: CapabilityCallWire, args: unknown[]) {
    this.callId = job.callId;
    this.extensionId = job.extension.wire.id;
    this.name = name;
    this.args = args;
    this.ending = job.ending;
    this.#nowMs = nowMs;
    this.#job = job;
  }

  remainingTimeMs(): number {
    return Math.max(this.#job.deadlineMs - this.#nowMs(), 0);
  }
}

function countArguments(job: Job, call: CapabilityCallWire): SandglassError | undefined {
  let bytes = 0;
  for (const arg of call.args) bytes += arg.byteLength;
  return bytes > job.limits.maxResultBytes ? quota(job, 'maxResultBytes', bytes) : undefined;
}

function countCall(job: Job): SandglassError | undefined {
  job.capabilityCalls += 1;
  job.pendingCapabilityCalls += 1;
  const { maxCapabilityCalls, maxPendingCapabilityCalls } = job.limits;
  if (job.capabilityCalls > maxCapabilityCalls) return quota(job, 'maxCapabilityCalls', job.capabilityCalls);
  if (job.pendingCapabilityCalls > maxPendingCapabilityCalls)
    return quota(job, 'maxPendingCapabilityCalls', job.pendingCapabilityCalls);
  return undefined;
}

function countLog(job: Job, call: CapabilityCallWire): SandglassError | undefined {
  job.logLines += 1;
  for (const { byteLength } of call.args) job.logBytes += byteLength; // as the engine counts them
  const { maxLogLines, maxLogBytes } = job.limits;
  if (job.logLines > maxLogLines) return quota(job, 'maxLogLines', job.logLines);
  if (job.logBytes > maxLogBytes) return quota(job, 'maxLogBytes', job.logBytes);
  return undefined;
}

function quota(job: Job, name: keyof Limits, used: number): SandglassError {
  return limitError('E_QUOTA', job.origin, { name, value: job.limits[name], used });
}

function endsCall(error: unknown): error is SandglassError {
  return isSandglassError(error) && !hasWire(error);
}

/** The same error with the call's name and id, if it came without. */
function named(error: SandglassError, job: Job): SandglassError {
  if (error.extension !== undefined && error.callId !== undefined) return error;
  return new SandglassError(error.code, error.message, { ...job.origin, limit: error.limit, cause: error.cause });
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

/** What the guest sees. An error that was not made for guests shows nothing of the host. */
function toCapabilityError(name: string, error: unknown): CapabilityErrorWire {
  if (hasWire(error)) return error.wire;
  if (isSandglassError(error) && error.code === 'E_CLONE')
    return { name: 'TypeError', message: error.message, code: 'E_CLONE' };
  return { name: 'Error', message: `Cannot serve "${name}"`, code: 'E_GUEST' };
}
