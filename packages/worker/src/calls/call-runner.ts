import { IdMap, type CallWire, type ErrorWire, type OutcomeWire, type SettlementWire } from '@sandglass/core';

import { Call, type CallEnvironment } from './call.js';
import { describeFailure, describePoison, shortFailure } from './failure.js';
import { creationFailure, hangFailure, limitFailure } from './limit-failure.js';
import { toOutcome, type Result } from './outcome.js';
import { tellRejections } from './tell-rejections.js';
import { shapeResult } from './shape-result.js';
import { largestOf, ActiveCall } from './active-call.js';
import type { Progress } from '../quickjs/realm.js';
import type { SandboxSource } from '../supply/sandbox-source.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { Thrown } from '../sandbox/value-bridge.js';

const NO_VALUE: Uint8Array = new Uint8Array();

/** Runs calls: from the handler's invocation over its awaits to an outcome. */
export class CallRunner {
  readonly #environment: CallEnvironment;
  readonly #onOutcome: (outcome: OutcomeWire) => void;
  /** Calls that are suspended, by id: each waits for a capability or a promise. */
  readonly #active: IdMap<ActiveCall> = new IdMap();
  /** Calls whose sandbox is being made, with their extension. Aborting one takes it out. */
  readonly #starting: Map<number, number> = new Map();

  /**
   * @param onOutcome gets the outcome of every call that is not aborted, also from within `start`.
   */
  constructor(environment: CallEnvironment, onOutcome: (outcome: OutcomeWire) => void) {
    this.#environment = environment;
    this.#onOutcome = onOutcome;
  }

  /** Runs a call until it is suspended or over; later if its sandbox has to be made first. */
  start(wire: CallWire, source: SandboxSource): void {
    const { extension } = source;
    const { length } = wire.argument;
    if (length > extension.limits.maxArgumentBytes) {
      return this.#fail(wire.callId, limitFailure('E_QUOTA', extension, 'maxArgumentBytes', length));
    }
    const sandbox = source.take();
    if (sandbox) return this.#invoke(wire, source, sandbox);
    this.#starting.set(wire.callId, extension.id);
    source.create().then(
      (made) => {
        if (!this.#starting.delete(wire.callId)) source.give(made);
        else if (made.isRetired) this.start(wire, source); // by another call that waited for it too
        else this.#invoke(wire, source, made);
      },
      (error: unknown) => {
        if (this.#starting.delete(wire.callId)) this.#fail(wire.callId, creationFailure(extension, error));
      },
    );
  }

  /** Answers a capability call; nothing happens if its call is over. */
  settle(settlement: SettlementWire): void {
    const active = this.#active.get(settlement.callId);
    const promise = active?.call.takePromise(settlement.seq);
    if (!active || !promise) return;
    const { call } = active;
    call.answers += 1;
    this.#seated(active, () => {
      call.answers -= 1;
      const { isAlone } = active;
      const result = call.slice(() => {
        const progress = call.sandbox.settle(call, promise, settlement, isAlone ? call.promise : 0);
        return progress && (progress.state !== 'pending' || call.stopped) ? this.#result(call, progress) : undefined;
      });
      if (!isAlone) this.#settleAdvanced(active);
      else if (!result) this.#endHung(active);
      else if (this.#active.delete(call.callId)) this.#end(active, result);
      this.#rest(active);
    });
  }

  /** Calls `run` when the call has a sandbox: at once, or when one has been made. */
  #seated(active: ActiveCall, run: () => void): void {
    const { call, source } = active;
    if (active.later) return void active.later.push(run);
    if (!source || source.resume(call)) return this.#guard(active, run);
    const later = (active.later = [run]);
    source.create().then(
      (made) => {
        active.later = undefined;
        if (!this.#active.has(call.callId)) return source.give(made);
        source.bringIn(call, made);
        for (const each of later) this.#seated(active, each);
      },
      (error: unknown) => {
        if (!this.#active.delete(call.callId)) return;
        source.leave(call);
        this.#fail(call.callId, creationFailure(call.extension, error));
      },
    );
  }

  /** Suspends a load until its promise is settled. */
  waitForLoad(call: Call, progress: Progress, onSettled: (progress: Progress) => void): void {
    this.#suspend(new ActiveCall(call, undefined, onSettled), progress);
  }

  #suspend(active: ActiveCall, { value }: Progress): void {
    active.call.promise = active.call.sandbox.keep(value);
    this.#active.set(active.call.callId, active);
  }

  /** Ends a suspended call that nothing can settle. In a persistent sandbox another call can. */
  #endHung(active: ActiveCall): void {
    const { call } = active;
    if (!active.isAlone || call.isPending) return;
    if (!this.#active.delete(call.callId)) return;
    call.stopped ??= hangFailure(call.extension);
    this.#finish(active, { state: 'rejected', value: 0 });
  }

  /** Drops a call: it gets no outcome. */
  abort(callId: number): void {
    this.#starting.delete(callId);
    const active = this.#active.get(callId);
    if (!active) return;
    this.#active.delete(callId);
    this.#guard(active, () => this.#giveBack(active));
  }

  /** Ends suspended calls, those that hold most memory first, until `bytes` are free. */
  shed(bytes: number): void {
    let left = bytes;
    while (left > 0) {
      const largest = largestOf(this.#active.values());
      if (!largest) return;
      left -= largest.call.sandbox.memoryBytes;
      this.#guard(largest, () => {
        const { call } = largest;
        this.#active.delete(call.callId);
        call.stopped ??= shortFailure(call.extension, call.maxMemoryBytes, call.sandbox.heapBytes);
        this.#end(largest, call.stopped);
      });
    }
  }

  /** Aborts all calls of an extension. */
  abortExtension(extensionId: number): void {
    for (const [callId, id] of this.#starting) if (id === extensionId) this.#starting.delete(callId);
    for (const { call } of this.#active.values()) if (call.extension.id === extensionId) this.abort(call.callId);
  }

  #invoke(wire: CallWire, source: SandboxSource, sandbox: Sandbox): void {
    const { extension } = source;
    const call = new Call(wire.callId, extension, sandbox, this.#environment);
    const running = new ActiveCall(call, source);
    this.#guard(running, () => {
      sandbox.begin();
      const result = call.slice(() => {
        const progress = sandbox.invoke(call, wire.handler, wire.argument);
        if (progress.state !== 'pending' || call.stopped) return this.#result(call, progress);
        this.#suspend(running, progress);
        return undefined;
      });
      if (result) this.#end(running, result);
      else this.#endHung(running);
      if (!result || call.isAnswered) this.#rest(running);
      if (extension.isolation === 'persistent') this.#settleAdvanced(running);
    });
  }

  /** The calls that a slice of this one may have advanced: all that share its sandbox. */
  #sharing(active: ActiveCall): ActiveCall[] {
    if (active.call.extension.isolation === 'pristine') return [active];
    return this.#active.values().filter(({ call }) => call.seat === active.call.seat);
  }

  /** Ends the calls whose promise a slice has settled: in a shared sandbox, those of others too. */
  #settleAdvanced(active: ActiveCall): void {
    while (this.#sharing(active).some((each) => this.#look(each)));
  }

  /** Offers a suspended call's sandbox to other calls, unless it has promise jobs to run. */
  #rest({ call, source }: ActiveCall): void {
    if (source && this.#active.has(call.callId) && !call.sandbox.hasJobs) source.wait(call);
  }

  /** Ends an active call whose promise is settled. @returns whether it did */
  #look(active: ActiveCall): boolean {
    const { call } = active;
    if (!this.#active.has(call.callId)) return false;
    if (call.isAnswered) return this.#lookBehind(active);
    const progress = call.sandbox.poll(call.promise);
    if (progress.state === 'pending' && !call.stopped) return false;
    this.#active.delete(call.callId);
    if (active.onSettled) active.onSettled(progress);
    else this.#finish(active, progress);
    return true;
  }

  /** Ends an answered call whose background is over. @returns whether it did */
  #lookBehind(active: ActiveCall): boolean {
    const { call } = active;
    if (!call.stopped && call.isBusy) return false;
    this.#active.delete(call.callId);
    this.#guard(active, () => this.#end(active, call.stopped ?? NO_VALUE));
    return true;
  }

  #finish(active: ActiveCall, progress: Progress): void {
    const { call } = active;
    this.#guard(active, () => {
      const result = call.slice(() => this.#result(call, progress));
      this.#end(active, result);
    });
  }

  /** Copies the result out, within the call's limits. */
  #result(call: Call, { state, value, promise }: Progress): Result {
    const { sandbox, extension } = call;
    if (promise !== undefined) call.tellCaller(promise);
    // its jobs are its own cost
    if (extension.isolation === 'persistent' && !call.stopped) sandbox.drain(call);
    if (call.stopped || state !== 'fulfilled') {
      call.mustStop(); // a native that never polls may have overrun the budget
      return describeFailure(call, value);
    }
    const copied = sandbox.copy(call, value);
    const thrown = copied instanceof Thrown ? copied.value : 0;
    if (call.mustStop() || copied instanceof Thrown) return describeFailure(call, thrown);
    const { length } = copied;
    if (length <= extension.limits.maxResultBytes) return copied;
    return limitFailure('E_QUOTA', extension, 'maxResultBytes', length);
  }

  /** Reports the result, shaped, and gives the sandbox back unless a background goes on. */
  #end(active: ActiveCall, value: Result): void {
    const { call } = active;
    const result = call.isAnswered ? value : shapeResult(value, call);
    const isLimit = !(result instanceof Uint8Array) && result.limit !== undefined;
    const goesOn = !call.isAnswered && !isLimit && !call.stopped && call.isBusy;
    if (!goesOn && call.hasRejections) call.slice(() => tellRejections(call));
    this.#onOutcome(call.outcome(result, goesOn));
    if (goesOn) return this.#goOn(active);
    // What a stopped call left running would go on at the cost of the others.
    const spoiled = !(result instanceof Uint8Array) && (call.stopped || call.sandbox.refusedBytes > 0);
    if (spoiled && call.extension.isolation === 'persistent') this.#discard(active);
    else this.#giveBack(active);
  }

  /**
   * Begins the background of a call. Its promise jobs run in a later turn, so that the answer
   * leaves first.
   */
  #goOn(active: ActiveCall): void {
    const { call } = active;
    call.isAnswered = true;
    this.#active.set(call.callId, active);
    if (!call.sandbox.hasJobs) return;
    setTimeout(() => {
      if (!this.#active.has(call.callId)) return;
      this.#seated(active, () => {
        call.slice(() => call.sandbox.drain(call));
        this.#settleAdvanced(active);
        this.#rest(active);
      });
    });
  }

  #giveBack({ call, source }: ActiveCall): void {
    if (call.extension.isolation === 'persistent') call.sandbox.release(...call.held());
    source?.leave(call);
  }

  /**
   * Calls `run`, which enters an instance. If that throws, the instance is dropped and its calls
   * fail.
   */
  #guard(active: ActiveCall, run: () => void): void {
    try {
      run();
    } catch (error) {
      const { call, source, onSettled } = active;
      this.#active.delete(call.callId);
      // a load, which reports for itself
      if (!source) return onSettled?.({ state: 'rejected', value: 0 });
      this.#onOutcome(call.outcome(describePoison(error, call)));
      this.#discard(active);
    }
  }

  #discard(active: ActiveCall): void {
    active.source?.discard(active.call.sandbox);
    for (const { call } of this.#sharing(active)) {
      if (!this.#active.delete(call.callId)) continue;
      const message = `Cannot go on running "${call.extension.name}": another call ended its sandbox`;
      this.#onOutcome(call.outcome({ code: 'E_WORKER_LOST', message }));
    }
  }

  #fail(callId: number, error: ErrorWire): void {
    this.#onOutcome(toOutcome(callId, error));
  }
}
