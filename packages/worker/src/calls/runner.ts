import { IdMap, type CallWire, type ErrorWire, type OutcomeWire, type SettlementWire } from '@sandglass/core';

import { Call, type CallEnvironment } from './call.js';
import { describeFailure, describePoison, shortFailure } from './failure.js';
import { creationFailure, hangFailure, limitFailure } from './limit-failure.js';
import { toOutcome, type Result } from './outcome.js';
import { shapeResult } from './shape-result.js';
import { largestOf, Waiting } from './waiting.js';
import type { Progress } from '../quickjs/realm.js';
import type { SandboxSource } from '../supply/sandbox-source.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { Thrown } from '../sandbox/value-bridge.js';

const NO_VALUE: Uint8Array = new Uint8Array();

/** Runs calls: from the handler's invocation over its awaits to an outcome. */
export class Runner {
  readonly #environment: CallEnvironment;
  readonly #onOutcome: (outcome: OutcomeWire) => void;
  /** Calls that wait for a capability or a promise, by id. */
  readonly #active: IdMap<Waiting> = new IdMap();
  /** Calls whose sandbox is being made, with their extension. Aborting one takes it out. */
  readonly #starting: Map<number, number> = new Map();

  /**
   * @param onOutcome is told of every call's end but an aborted one's, also from within `start`.
   */
  constructor(environment: CallEnvironment, onOutcome: (outcome: OutcomeWire) => void) {
    this.#environment = environment;
    this.#onOutcome = onOutcome;
  }

  /**
   * Runs a call up to its first await that has to wait; later if its sandbox has to be made first.
   */
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
        if (!this.#starting.delete(wire.callId)) return;
        this.#fail(wire.callId, creationFailure(extension, error));
      },
    );
  }

  /** Answers a capability call; nothing happens if its call is over. */
  settle(settlement: SettlementWire): void {
    const waiting = this.#active.get(settlement.callId);
    const promise = waiting?.call.takePromise(settlement.seq);
    if (!waiting || !promise) return;
    const { call } = waiting;
    call.answers += 1;
    this.#seated(waiting, () => {
      call.answers -= 1;
      call.slice(() => call.sandbox.settle(call, promise, settlement));
      this.#settleAdvanced(waiting);
      this.#endHung(waiting);
      this.#rest(waiting);
    });
  }

  /** Runs what needs the call's sandbox; later, if one has to be made first. */
  #seated(waiting: Waiting, run: () => void): void {
    const { call, source } = waiting;
    if (waiting.later) return void waiting.later.push(run);
    if (!source || source.resume(call)) return this.#guard(waiting, run);
    const later = (waiting.later = [run]);
    source.create().then(
      (made) => {
        waiting.later = undefined;
        if (!this.#active.has(call.callId)) return source.give(made);
        source.bringIn(call, made);
        for (const each of later) this.#seated(waiting, each);
      },
      (error: unknown) => {
        if (!this.#active.delete(call.callId)) return;
        source.leave(call);
        this.#fail(call.callId, creationFailure(call.extension, error));
      },
    );
  }

  /** Keeps a promise until it has come to something. */
  wait(
    call: Call,
    source: SandboxSource | undefined,
    { value }: Progress,
    onSettled: (progress: Progress) => void,
  ): void {
    call.promise = call.sandbox.keep(value);
    this.#active.set(call.callId, new Waiting(call, source, onSettled));
  }

  /** Ends a call that waits for what can never come, except in a persistent sandbox. */
  #endHung({ call, source, onSettled }: Waiting): void {
    const mayHang = source !== undefined && !call.isAnswered && call.extension.isolation === 'pristine';
    if (!mayHang || call.isPending) return;
    if (!this.#active.delete(call.callId)) return;
    call.stopped ??= hangFailure(call.extension);
    onSettled({ state: 'rejected', value: 0 });
  }

  /** Gives up a call without an outcome. */
  abort(callId: number): void {
    this.#starting.delete(callId);
    const waiting = this.#active.get(callId);
    if (!waiting) return;
    this.#active.delete(callId);
    this.#guard(waiting, () => this.#giveBack(waiting));
  }

  /** Ends the calls that wait and hold most memory, until so much of it is free. */
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
    const running = new Waiting(call, source, (progress) => this.#finish(running, progress));
    this.#guard(running, () => {
      sandbox.begin();
      const result = call.slice(() => {
        const progress = sandbox.invoke(call, wire.handler, wire.argument);
        if (progress.state !== 'pending' || call.stopped) return this.#result(call, progress);
        this.wait(call, source, progress, running.onSettled);
        return undefined;
      });
      if (result) this.#end(running, result);
      else this.#endHung(running);
      if (!result || call.isAnswered) this.#rest(running);
      if (extension.isolation === 'persistent') this.#settleAdvanced(running);
    });
  }

  /** All calls that a slice of this one may have moved on. */
  #sharing(waiting: Waiting): Waiting[] {
    if (waiting.call.extension.isolation === 'pristine') return [waiting];
    return this.#active.values().filter(({ call }) => call.seat === waiting.call.seat);
  }

  /** Ends the calls that a slice moved to their end; in a shared sandbox, of others too. */
  #settleAdvanced(waiting: Waiting): void {
    while (this.#sharing(waiting).some((each) => this.#look(each)));
  }

  /**
   * A call that goes on waits for something: others may have its sandbox, unless jobs of it are to
   * run.
   */
  #rest({ call, source }: Waiting): void {
    if (source && this.#active.has(call.callId) && !call.sandbox.hasJobs) source.wait(call);
  }

  /** Whether a waiting call has come to something. */
  #look(waiting: Waiting): boolean {
    const { call, onSettled } = waiting;
    if (!this.#active.has(call.callId)) return false;
    if (call.isAnswered) return this.#lookBehind(waiting);
    const progress = call.sandbox.poll(call.promise);
    if (progress.state === 'pending' && !call.stopped) return false;
    this.#active.delete(call.callId);
    onSettled(progress);
    return true;
  }

  /** Whether nothing is pending any more of what an answered call had started. */
  #lookBehind(waiting: Waiting): boolean {
    const { call } = waiting;
    if (!call.stopped && call.isBusy) return false;
    this.#active.delete(call.callId);
    this.#guard(waiting, () => this.#end(waiting, call.stopped ?? NO_VALUE));
    return true;
  }

  #finish(waiting: Waiting, progress: Progress): void {
    this.#guard(waiting, () => {
      this.#end(
        waiting,
        waiting.call.slice(() => this.#result(waiting.call, progress)),
      );
    });
  }

  /** Copies the result out, within the call's limits. */
  #result(call: Call, { state, value }: Progress): Result {
    const { sandbox, extension } = call;
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
    return length <= extension.limits.maxResultBytes
      ? shapeResult(copied, extension)
      : limitFailure('E_QUOTA', extension, 'maxResultBytes', length);
  }

  /** Reports the result; gives the sandbox back once nothing is pending. */
  #end(waiting: Waiting, result: Result): void {
    const { call } = waiting;
    const isLimit = !(result instanceof Uint8Array) && result.limit !== undefined;
    const goesOn = !call.isAnswered && !isLimit && !call.stopped && call.isBusy;
    this.#onOutcome(call.outcome(result, goesOn));
    if (goesOn) return this.#goOn(waiting);
    // What a stopped call left running would go on at the cost of the others.
    const spoiled = !(result instanceof Uint8Array) && (call.stopped || call.sandbox.refusedBytes > 0);
    if (spoiled && call.extension.isolation === 'persistent') this.#discard(waiting);
    else this.#giveBack(waiting);
  }

  /** The caller has the answer first: jobs that wait run in a turn of their own. */
  #goOn(waiting: Waiting): void {
    const { call } = waiting;
    call.isAnswered = true;
    this.#active.set(call.callId, waiting);
    if (!call.sandbox.hasJobs) return;
    setTimeout(() => {
      if (!this.#active.has(call.callId)) return;
      this.#seated(waiting, () => {
        call.slice(() => call.sandbox.drain(call));
        this.#settleAdvanced(waiting);
        this.#rest(waiting);
      });
    });
  }

  #giveBack({ call, source }: Waiting): void {
    if (call.extension.isolation === 'persistent') call.sandbox.release(...call.held());
    source?.leave(call);
  }

  /** Runs what touches an instance. One that fails is dropped, and its calls fail. */
  #guard(waiting: Waiting, run: () => void): void {
    try {
      run();
    } catch (error) {
      const { call, source, onSettled } = waiting;
      this.#active.delete(call.callId);
      // a load, which reports for itself
      if (!source) return onSettled({ state: 'rejected', value: 0 });
      this.#onOutcome(call.outcome(describePoison(error, call)));
      this.#discard(waiting);
    }
  }

  #discard(waiting: Waiting): void {
    waiting.source?.discard(waiting.call.sandbox);
    for (const { call } of this.#sharing(waiting)) {
      if (!this.#active.delete(call.callId)) continue;
      const message = `Cannot go on running "${call.extension.name}": another call ended its sandbox`;
      this.#onOutcome(call.outcome({ code: 'E_WORKER_LOST', message }));
    }
  }

  #fail(callId: number, error: ErrorWire): void {
    this.#onOutcome(toOutcome(callId, error));
  }
}
