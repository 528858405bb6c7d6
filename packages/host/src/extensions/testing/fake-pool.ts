import {
  decodeValue,
  encodeValue,
  type ExtensionWire,
  type Registration,
  SandglassError,
  writeAnswer,
  writeResult,
} from '@sandglass/core';

import { CallEnd } from '../../time/call-end.js';
import type { CapabilityCall, CreatePoolOptions, Pool } from '../../pool/contract.js';

/** What a source stands for in tests: plain functions of the host in place of a guest's. */
export interface FakeGuest {
  registrations: Registration[];
  handlers?: ((argument: unknown, use: (capability: string, ...args: unknown[]) => Promise<unknown>) => unknown)[];
  /** Awaited before the load ends. */
  loading?: () => unknown;
}

/** A pool without sandboxes: the source of an extension is the key of its {@link FakeGuest}. */
export function createFakePool(guests: Record<string, FakeGuest>): {
  createPool: (options: CreatePoolOptions) => Promise<Pool>;
  wires: ExtensionWire[];
  unloaded: number[];
  isClosed: () => boolean;
} {
  const wires: ExtensionWire[] = [];
  const unloaded: number[] = [];
  const loaded = new Map<number, { guest: FakeGuest; running: Set<Promise<unknown>> }>();
  let lastCallId = 0;
  let isClosed = false;

  const createPool = async (options: CreatePoolOptions): Promise<Pool> => ({
    async load(wire) {
      wires.push(wire);
      const guest = guests[wire.source];
      if (!guest) throw new SandglassError('E_LOAD', `no guest for ${wire.source}`);
      await guest.loading?.();
      loaded.set(wire.id, { guest, running: new Set() });
      return { registrations: guest.registrations, snapshot: { key: '', bytes: new ArrayBuffer(0) }, heapBytes: 0 };
    },
    holdResult() {},
    async call({ extension, handler, argument, signal, context }) {
      const entry = loaded.get(extension.id);
      if (isClosed) throw new SandglassError('E_CLOSED', 'closed');
      if (!entry) throw new SandglassError('E_NOT_FOUND', `${extension.name} is not loaded`);
      const callId = ++lastCallId;
      const use = capabilitiesOf(options, { callId, extensionId: extension.id, context }, signal);
      const running = Promise.resolve().then(() => entry.guest.handlers?.[handler]?.(decodeValue(argument), use));
      entry.running.add(running);
      try {
        return shape(encodeValue(await running), entry.guest.registrations);
      } catch (cause) {
        throw cause instanceof SandglassError
          ? cause
          : new SandglassError('E_GUEST', String(cause), { cause, extension: extension.name, callId });
      } finally {
        entry.running.delete(running);
      }
    },
    async unload(id) {
      await Promise.allSettled(loaded.get(id)?.running ?? []);
      loaded.delete(id);
      unloaded.push(id);
    },
    stats: () => ({}) as ReturnType<Pool['stats']>, // not what these tests look at
    assertStarted() {},

    async close() {
      isClosed = true;
    },
  });
  return { createPool, wires, unloaded, isClosed: () => isClosed };
}

/** How the handler of a call reaches the capabilities. */
function capabilitiesOf(
  { onCapability }: CreatePoolOptions,
  of: Pick<CapabilityCall, 'callId' | 'extensionId' | 'context'>,
  signal: AbortSignal | undefined,
): (name: string, ...args: unknown[]) => Promise<unknown> {
  const ending = new CallEnd();
  signal?.addEventListener('abort', () => ending.fire(), { once: true });
  return (name, ...args) =>
    onCapability({ ...of, requestId: undefined, trace: undefined, name, args, ending, remainingTimeMs: () => 1_000 });
}

/** What a thread makes of a result. */
function shape(value: Uint8Array, [registration]: Registration[]): Uint8Array {
  if (registration?.type === 'operation') return writeResult(value, 1_000_000);
  return registration?.type === 'route' ? writeAnswer(value, 1_000_000) : value;
}
