import { decodeValue, encodeValue } from '@sandglass/core';
import type { Msg } from '@nats-io/transport-node';

/** What a runner publishes of itself, once a second and when an owner asks. */
export interface Presence {
  /** Where its sessions are: see `Subjects.runner`. */
  id: string;
  /** For people. */
  name: string;
  /** Digest of its engine. */
  engine: string;
  /** Its threads; 0 once it drains. */
  engines: number;
  /** Work that it has, in milliseconds on each engine. */
  loadMs: number;
}

/** Subjects of lanes, below the fleet's prefix. */
export interface Subjects {
  presence: string;
  /** Asks all runners for their presence. */
  hello: string;
  owner(id: string): string;
  runner(id: string): string;
}

/** Of the protocol between owner and runner: nodes with different ones do not see each other. */
const VERSION = 1;

/** A longer name is cut off. */
const MAX_NAME_LENGTH = 64;
const ID = /^[\w-]{1,64}$/;
/** Engines of one machine, at the most. */
const MAX_ENGINES = 4_096;

export function subjectsOf(prefix: string): Subjects {
  const base = `${prefix}.lanes.v${VERSION}`;
  return {
    presence: `${base}.presence`,
    hello: `${base}.hello`,
    owner: (id) => `${base}.owner.${id}`,
    runner: (id) => `${base}.runner.${id}`,
  };
}

export function writePresence(presence: Presence): Uint8Array {
  return encodeValue(presence);
}

/** Reads a presence, which may be forged. @returns undefined for what is none. */
export function readPresence({ data }: Pick<Msg, 'data'>): Presence | undefined {
  let value: unknown;
  try {
    value = decodeValue(data);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  // an object: any key may be read
  const { id, name, engine, engines, loadMs } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !ID.test(id) || typeof name !== 'string' || typeof engine !== 'string')
    return undefined;
  if (!isCount(engines) || engines > MAX_ENGINES || typeof loadMs !== 'number' || !(loadMs >= 0)) return undefined;
  return { id, name: name.slice(0, MAX_NAME_LENGTH), engine, engines, loadMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
