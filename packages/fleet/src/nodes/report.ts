import { ERROR_CODES, type ErrorCode, isSandglassError } from '@sandglass/core';
import { count, maybe, object, text, type NodeError } from '@sandglass/host/fleet';
import * as z from 'zod/mini';

import { readJson } from '../connection/read-json.js';

/** Pause between two reports of a node. */
export const BEAT_MS = 1_000;
/** A node is gone after so long without a report: three reports, and a little. */
export const ALIVE_FOR_MS = 3_500;

/** What a node has loaded for a roll-out, or why it could not. */
export interface StagedReport {
  /** Id of the roll-out. */
  id: string;
  error?: NodeError | undefined;
}

/**
 * What a node reports to the others. It holds durations and no dates: clocks of two machines are
 * never compared.
 */
export interface NodeReport {
  name: string;
  role: 'owner' | 'runner';
  /** Digest of its engine, hex. */
  engine: string;
  /** After so many milliseconds without another report it is gone. */
  aliveForMs: number;
  isDraining: boolean;
  /** Changes of the catalogue that it has taken. */
  revision: number;
  running: number;
  queued: number;
  /** By name of the extension. */
  staged: Readonly<Record<string, StagedReport>>;
  failed: Readonly<Record<string, NodeError>>;
}

const nodeError = object<NodeError>({
  code: z.enum(Object.keys(ERROR_CODES) as ErrorCode[]),
  message: z.string(),
});

const report = object<NodeReport>({
  name: text,
  role: z.enum(['owner', 'runner']),
  engine: z.string(),
  aliveForMs: count(1, 600_000),
  isDraining: z.boolean(),
  revision: count(0, Number.MAX_SAFE_INTEGER),
  running: count(0, Number.MAX_SAFE_INTEGER),
  queued: count(0, Number.MAX_SAFE_INTEGER),
  staged: z.record(z.string(), object<StagedReport>({ id: text, error: maybe(nodeError) })),
  failed: z.record(z.string(), nodeError),
});

/** Reads a report; undefined for bytes that are none. */
export const readReport = (bytes: Uint8Array): NodeReport | undefined => readJson(report, bytes);

/** Characters of an error's message that a report holds. */
const MAX_MESSAGE_LENGTH = 500;

/** An error as a report holds it. */
export function toNodeError(error: unknown): NodeError {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_LENGTH);
  return { code: isSandglassError(error) ? error.code : 'E_LOAD', message };
}
