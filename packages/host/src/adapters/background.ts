import type { CallOptions } from '../types.js';

/**
 * Runs a call and waits for what it has started and nobody awaits: for platforms that freeze a
 * function once it has answered. The limits of the call are those of the wait.
 */
export async function runToItsEnd<Result>(
  run: (call: CallOptions) => Promise<Result>,
  call: CallOptions,
): Promise<Result> {
  const ends: Promise<void>[] = [];
  try {
    return await run({ ...call, waitUntil: (end) => ends.push(end) });
  } finally {
    await Promise.all(ends);
  }
}

type WaitUntil = NonNullable<CallOptions['waitUntil']>;

/**
 * Where Vercel keeps the context of the request at hand; `waitUntil` of `@vercel/functions` looks
 * there too.
 */
const VERCEL_CONTEXT: symbol = Symbol.for('@vercel/request-context');

/**
 * `waitUntil` of the platform: the context's own, as on Netlify and on Cloudflare's model, or
 * Vercel's. Undefined where there is none: the process goes on after an answer, as with Deno and
 * Bun.
 */
export function platformWaitUntil(context: unknown): WaitUntil | undefined {
  const vercel = (globalThis as Record<symbol, { get?(): unknown } | undefined>)[VERCEL_CONTEXT];
  for (const each of [context, vercel?.get?.()]) {
    const { waitUntil } = (each ?? {}) as { waitUntil?: unknown };
    if (typeof waitUntil === 'function') return (end) => void waitUntil.call(each, end);
  }
  return undefined;
}
