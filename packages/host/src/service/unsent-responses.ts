import type { ServerResponse } from 'node:http';

/** Limits of the responses that wait in memory until clients read them. */
export interface UnsentLimits {
  /** Bytes of all responses together. */
  maxUnsentBytes: number;
  /** Time from when a response is ready until its client has read it. */
  sendTimeoutMs: number;
}

/** A response that its client has not read within a turn of the event loop. */
interface Unsent {
  sinceMs: number;
  /** Bytes of it that wait. */
  bytes: number;
  /** Whether nothing was read of it since the last look. */
  isStalled: boolean;
}

/** Pause between two looks at responses that wait. */
const SWEEP_MS = 500;
/**
 * Share of all bytes that one client may hold with several responses. One response it may hold
 * whole.
 */
const CLIENT_SHARE = 0.25;

/**
 * Bounds the responses that a server keeps for clients that read slowly or not at all, by bytes and
 * by time. Above a bound it ends connections: first those that stand still, then the oldest.
 *
 * It looks at all responses of a turn together, when most have been sent.
 */
export class UnsentResponses {
  readonly #limits: UnsentLimits;
  readonly #unsent = new Map<ServerResponse, Unsent>();
  #ready: ServerResponse[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: UnsentLimits) {
    this.#limits = limits;
  }

  /** Responses that are ready and not sent. */
  get length(): number {
    return this.#unsent.size;
  }

  /** Takes note of a response that will be written within this turn. */
  add(response: ServerResponse): void {
    if (this.#ready.push(response) === 1) setImmediate(() => this.#take());
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #take(): void {
    const ready = this.#ready;
    this.#ready = [];
    const sinceMs = performance.now();
    for (const response of ready) {
      if (isSent(response)) continue;
      this.#unsent.set(response, { sinceMs, bytes: response.writableLength, isStalled: false });
    }
    if (this.#unsent.size === 0) return;
    this.#sweep();
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [response, unsent] of this.#unsent) {
      const bytes = response.writableLength;
      unsent.isStalled = bytes > 0 && bytes === unsent.bytes;
      unsent.bytes = bytes;
      if (isSent(response)) this.#unsent.delete(response);
      else if (nowMs - unsent.sinceMs > this.#limits.sendTimeoutMs) this.#end(response);
    }
    this.#endGreedy();
    this.#endUntilItFits();
    if (this.#unsent.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A client may send requests without reading answers. */
  #endGreedy(): void {
    const held = new Map<unknown, { bytes: number; count: number }>();
    for (const [response, { bytes }] of this.#unsent) {
      const client = held.get(response.req.socket) ?? { bytes: 0, count: 0 };
      held.set(response.req.socket, client);
      client.bytes += bytes;
      client.count += 1;
      if (client.count > 1 && client.bytes > this.#limits.maxUnsentBytes * CLIENT_SHARE) this.#end(response);
    }
  }

  #endUntilItFits(): void {
    let bytes = 0;
    for (const unsent of this.#unsent.values()) bytes += unsent.bytes;
    if (bytes <= this.#limits.maxUnsentBytes) return;
    // the oldest first, as they came
    const order = [...this.#unsent].sort(([, a], [, b]) => Number(b.isStalled) - Number(a.isStalled));
    for (const [response, unsent] of order) {
      if (bytes <= this.#limits.maxUnsentBytes || this.#unsent.size === 1) return;
      bytes -= unsent.bytes;
      this.#end(response);
    }
  }

  #end(response: ServerResponse): void {
    this.#unsent.delete(response);
    response.req.socket.destroy();
  }
}

/** Whether it was sent, or its client is gone. */
function isSent(response: ServerResponse): boolean {
  return response.writableFinished || response.destroyed || response.req.socket.destroyed;
}
