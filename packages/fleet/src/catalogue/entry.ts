import { type LimitsInput, SandglassError, type Scopes } from '@sandglass/core';
import { count, maybe, object, text } from '@sandglass/host/fleet';
import * as z from 'zod/mini';

import { readJson } from '../connection/read-json.js';

/** One version of an extension, as the catalogue names it. */
export interface Version {
  /** SHA-256 of its bundle, hex. */
  hash: string;
  /** Of its manifest: for people. */
  version: string;
  grant: Scopes;
  limits: LimitsInput;
}

/** What one key of the catalogue holds. */
export interface Entry {
  name: string;
  /** Counts activations. 0 before the first. */
  revision: number;
  active?: Version | undefined;
  /** What a roll-back makes active. */
  previous?: Version | undefined;
  /** A roll-out under way: owners load the version, and report under this id. */
  next?: { id: string; version: Version } | undefined;
}

const version = object<Version>({
  hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  version: text,
  grant: z.record(z.string(), z.unknown()),
  limits: z.record(z.string(), z.unknown()) as z.ZodMiniType<LimitsInput>, // checked by the load
});

const entry = object<Entry>({
  name: text,
  revision: count(0, Number.MAX_SAFE_INTEGER),
  active: maybe(version),
  previous: maybe(version),
  next: maybe(object<NonNullable<Entry['next']>>({ id: text, version })),
});

/** @throws {SandglassError} `E_LOAD` for what is no entry of that name. */
export function readEntry(bytes: Uint8Array, key: string): Entry {
  const read = readJson(entry, bytes);
  if (!read || keyOf(read.name) !== key)
    throw new SandglassError('E_LOAD', `The catalogue's key "${key}" holds no entry of that name`);
  return read;
}

export function writeEntry(value: Entry): string {
  return JSON.stringify(value);
}

/** Whether two versions have the same bundle, grant and limits. */
export function isSame(one: Version | undefined, other: Version | undefined): boolean {
  return identityOf(one) === identityOf(other);
}

/** Bundle, grant and limits of a version, as a text to compare by; empty for none. */
export function identityOf(one: Version | undefined): string {
  return one ? JSON.stringify([one.hash, one.grant, one.limits]) : '';
}

/** A package's name as a key: a byte that NATS does not take is `=` and two hex digits. */
export function keyOf(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w-]/.test(letter) ? letter : `=${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
