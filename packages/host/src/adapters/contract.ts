import type { Host } from '../host.js';
import type { CallOptions } from '../types.js';
import type { BasePathOptions } from './base-path.js';
import type { DeadlineOptions } from './deadline.js';

/** What adapters use of a host. */
export interface AdapterHost extends Pick<Host, 'operation' | 'filter' | 'action'> {
  fetch(request: Request, call?: CallOptions): Promise<Response>;
}

/** A host, one in the making, or a function that makes it at the first call. */
export type HostSource = AdapterHost | PromiseLike<AdapterHost> | (() => AdapterHost | PromiseLike<AdapterHost>);

/** A call without HTTP: an operation, the filters of an event, or its actions. */
export type Invocation =
  | { operation: string; options?: unknown }
  | { filter: string; payload?: unknown }
  | { action: string; meta?: Record<string, unknown> | undefined };

/** Options of the adapters that answer HTTP. */
export interface HttpOptions extends BasePathOptions, DeadlineOptions {}

/** Options of the adapters that answer events. */
export interface EventOptions<Event> extends DeadlineOptions {
  /** What to call for an event. @default the event is an {@link Invocation} itself */
  toInvocation?: ((event: Event) => Invocation) | undefined;
}

/** A message of Amazon SQS, as far as it is read here. */
export interface SqsRecord {
  messageId: string;
  body: string;
  attributes?: Record<string, string | undefined>;
}

export interface SqsEvent {
  Records: SqsRecord[];
}

/**
 * Messages that SQS is to deliver again; the rest are done. The event source needs
 * `ReportBatchItemFailures`.
 */
export interface SqsResult {
  batchItemFailures: { itemIdentifier: string }[];
}

export interface SqsOptions extends DeadlineOptions {
  /** What to call for a message. @default its body is an {@link Invocation} in JSON */
  toInvocation?: ((record: SqsRecord) => Invocation) | undefined;
  /** Told why a message is to come again. @default one line on stderr */
  onFailure?: ((error: unknown, record: SqsRecord) => void) | undefined;
}
