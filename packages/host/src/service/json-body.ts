import { jsonPieces } from '@sandglass/core';

import { ownTurn } from '../routing/read-body.js';
import { inTurns } from './in-turns.js';

/**
 * Longest JSON text of an answer, in characters: four times the default of `maxResultBytes`, for
 * shared references.
 */
const MAX_ANSWER_LENGTH = 2 ** 26;

/** An answer of JSON that is known to be short. */
export function jsonResponse(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  const body = Buffer.from(JSON.stringify(value));
  return new Response(body, { status, headers: toHeaders({ 'content-length': String(body.length), ...headers }) });
}

/**
 * An answer in JSON with a value of a guest. A long one is written over several turns of the event
 * loop, and to its end before it is sent, so that a value without JSON is an error.
 *
 * @throws {SandglassError} `E_CLONE` or `E_QUOTA` for a value that has no JSON.
 */
export async function guestJsonResponse(status: number, value: unknown): Promise<Response> {
  const chunks: Buffer<ArrayBuffer>[] = [];
  let length = 0;
  for (const piece of jsonPieces(value, MAX_ANSWER_LENGTH)) {
    if (chunks.length > 0) await ownTurn();
    const chunk = Buffer.from(piece);
    length += chunk.length;
    chunks.push(chunk);
  }
  const body = chunks.length === 1 ? chunks[0]! : inTurns(chunks.values());
  return new Response(body, { status, headers: toHeaders({ 'content-length': String(length) }) });
}

function toHeaders(more: Record<string, string>): Record<string, string> {
  return { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...more };
}
