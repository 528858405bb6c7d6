import type { Host } from '../host.js';
import type { ExtensionInfo } from '../types.js';
import { type Args, readJsonFlag, readText } from './args.js';
import { UsageError } from './usage-error.js';

/** What a command line asks an extension to do. */
export interface PlannedCall {
  call(host: Host, signal: AbortSignal): Promise<unknown>;
  /** The cause of an error that the host's `onError` was told of. */
  cause(error: Error): unknown;
}

const asItIs = (error: Error): unknown => error;

/** Flags that make sense for each type. */
const FLAGS = {
  endpoint: ['method', 'path', 'body', 'header'],
  operation: ['options'],
  hook: ['filter', 'payload', 'action', 'meta'],
} as const;

/**
 * Reads from the flags which call is asked for.
 *
 * @throws {UsageError} flags of another type, or none that say what to run.
 */
export function planCall(args: Args, extension: Pick<ExtensionInfo, 'name' | 'type'>): PlannedCall {
  const { type, name } = extension;
  const foreign = Object.entries(FLAGS)
    .filter(([other]) => other !== type)
    .flatMap(([, flags]) => flags)
    .find((flag) => args.values[flag] !== undefined);
  if (foreign !== undefined) throw new UsageError(`--${foreign} is not for "${name}": its type is ${type}`);
  switch (type) {
    case 'endpoint':
      return planRequest(args, name);
    case 'operation':
      return planOperation(args);
    case 'hook':
      return planHook(args, name);
    default:
      return type satisfies never;
  }
}

/** RFC 9110 §9.1; of those, what `Request` takes. */
const METHOD = /^(?!(?:CONNECT|TRACE|TRACK)$)[\w!#$%&'*+.^`|~-]+$/;

function planRequest(args: Args, name: string): PlannedCall {
  const method = readText(args, 'method')?.toUpperCase() ?? 'GET';
  if (!METHOD.test(method)) throw new UsageError(`--method has to be the name of a method, not "${method}"`);
  const path = readText(args, 'path') ?? '/';
  if (!path.startsWith('/')) throw new UsageError('--path has to begin with a slash');
  const body = readText(args, 'body');
  readJsonFlag(args, 'body'); // for its check: the text is sent as it was given
  const headers = readHeaders(args);
  if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
  return {
    cause: asItIs,
    async call(host, signal) {
      const url = new URL(`http://localhost/${name}${path}`);
      const response = await host.fetch(
        new Request(url, { method, headers, signal, ...(body === undefined ? {} : { body }) }),
      );
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await readBody(response) };
    },
  };
}

function readHeaders({ values }: Args): Headers {
  const headers = new Headers();
  for (const line of Array.isArray(values['header']) ? values['header'] : []) {
    const colon = line.indexOf(':');
    try {
      if (colon < 1) throw new TypeError('no colon');
      headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    } catch {
      throw new UsageError(`--header has to be name:value, not "${line}"`);
    }
  }
  return headers;
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return isJson && text !== '' ? (JSON.parse(text) as unknown) : text;
}

function planOperation(args: Args): PlannedCall {
  const options = readJsonFlag(args, 'options') ?? {};
  return {
    cause: asItIs,
    call(host, signal) {
      const ids = host.extensions.flatMap(({ registrations }) =>
        registrations.flatMap((one) => (one.type === 'operation' ? [one.id] : [])),
      );
      // an operation that registers none does not load
      return host.operation(ids[0]!, options, { signal });
    },
  };
}

function planHook(args: Args, name: string): PlannedCall {
  const filter = readText(args, 'filter');
  const action = readText(args, 'action');
  if ((filter === undefined) === (action === undefined))
    throw new UsageError(`"${name}" is a hook: give either --filter <event> or --action <event>`);
  if (filter !== undefined) {
    const payload = readJsonFlag(args, 'payload');
    return { cause: asItIs, call: (host, signal) => host.filter(filter, payload, { signal }) };
  }
  const meta = readJsonFlag(args, 'meta') ?? {};
  if (typeof meta !== 'object' || meta === null) throw new UsageError('--meta has to be a JSON object');
  return { cause: ({ cause }) => cause, call: (host, signal) => host.action(action!, meta, { signal }) };
}
