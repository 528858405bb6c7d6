import type { CallOptions } from '../../types.js';
import type { AdapterHost } from '../contract.js';

/** What a {@link FakeHost} was asked. */
export type Asked = { name: string; argument: unknown; call: Omit<CallOptions, 'waitUntil'> | undefined };

/** A host that answers requests with what it saw of them, and fails operations called `fail…`. */
export class FakeHost implements AdapterHost {
  readonly asked: Asked[] = [];
  /** What each call leaves to be done after its answer. */
  left: Promise<void> | undefined;
  readonly #error: Error;

  constructor(error: Error = new Error('it failed')) {
    this.#error = error;
  }

  async fetch(request: Request, call?: CallOptions): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    this.#take('fetch', pathname, call);
    if (pathname === '/empty') return new Response(null, { status: 204 });
    if (pathname === '/bytes')
      return new Response(Uint8Array.of(0, 255, 128), { headers: { 'content-type': 'image/png' } });
    const seen = { method: request.method, path: pathname + search, test: request.headers.get('x-test'), body };
    return Response.json(seen, {
      status: 201,
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
    });
  }

  async operation(id: string, options?: unknown, call?: CallOptions): Promise<unknown> {
    this.#take(`operation ${id}`, options, call);
    if (id.startsWith('fail')) throw this.#error;
    return { done: options };
  }

  async filter(event: string, payload: unknown, call?: CallOptions): Promise<unknown> {
    this.#take(`filter ${event}`, payload, call);
    return { filtered: payload };
  }

  async action(event: string, meta?: object, call?: CallOptions): Promise<void> {
    this.#take(`action ${event}`, meta, call);
  }

  #take(name: string, argument: unknown, { waitUntil, ...call }: CallOptions = {}): void {
    this.asked.push({ name, argument, call });
    if (this.left) waitUntil?.(this.left);
  }
}
