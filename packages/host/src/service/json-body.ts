import { stringifyJson } from '@sandglass/core';

/** Longest JSON text of an answer, in characters. The limits of calls are far below. */
const MAX_ANSWER_LENGTH = 2 ** 28;

/** An answer of JSON. @throws {SandglassError} `E_CLONE` or `E_QUOTA` for a value that has none. */
export function jsonResponse(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(stringifyJson(value, MAX_ANSWER_LENGTH) ?? 'null', {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}
