/** A context on its way to another process: `traceparent`, `tracestate`. */
export type TraceCarrier = Readonly<Record<string, string>>;

/** The part of `@opentelemetry/api` that is used here. */
export interface PropagationApi {
  context: { active(): unknown; with<T>(context: unknown, run: () => T): T };
  /** Writes a context into a carrier, and reads one, as the SDK was set up: W3C by default. */
  propagation: {
    inject(context: unknown, carrier: Record<string, string>): void;
    extract(context: unknown, carrier: TraceCarrier): unknown;
  };
  /** The context that is around nothing. */
  ROOT_CONTEXT: unknown;
}

/** The context that its caller is in, for another process. Undefined without a span. */
export function carryContext({ context, propagation }: PropagationApi): TraceCarrier | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return Object.keys(carrier).length > 0 ? carrier : undefined;
}

/** The context that a carrier brings. */
export function contextOf({ propagation, ROOT_CONTEXT }: PropagationApi, carrier: TraceCarrier): unknown {
  return propagation.extract(ROOT_CONTEXT, carrier);
}
