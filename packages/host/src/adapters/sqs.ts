import { checkAdapter } from '../options/adapter-options.js';
import { formatForTerminal } from '../capabilities/log/terminal.js';
import { runToItsEnd } from './background.js';
import { toCallOptions } from './deadline.js';
import type { AdapterHost, HostSource, Invocation, SqsEvent, SqsOptions, SqsRecord, SqsResult } from './contract.js';
import { toHostGetter } from './host-source.js';
import { invoke, parseInvocation } from './invocation.js';

/**
 * Operations and hooks as a handler of messages of SQS, side by side, each failing for itself.
 *
 * Messages of one group of a FIFO queue run in their order; after the first that fails, the rest of
 * its group fails too, unrun.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toSqsHandler(
  source: HostSource,
  options: SqsOptions = {},
): (event: SqsEvent, context?: unknown) => Promise<SqsResult> {
  checkAdapter('toSqsHandler', 'sqs', source, options);
  const getHost = toHostGetter(source);
  return async ({ Records }, context) => {
    const host = await getHost();
    const failed = await Promise.all(toGroups(Records).map((group) => runGroup(host, group, context, options)));
    return { batchItemFailures: failed.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** Those that have to run in order, together: a message without a group is one by itself. */
function toGroups(records: readonly SqsRecord[]): SqsRecord[][] {
  const groups = new Map<string, SqsRecord[]>();
  for (const record of records) {
    const id = record.attributes?.['MessageGroupId'];
    const key = id === undefined ? `message ${record.messageId}` : `group ${id}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()];
}

/** Runs a group in order. @returns the message that failed and those behind it */
async function runGroup(
  host: AdapterHost,
  group: SqsRecord[],
  context: unknown,
  options: SqsOptions,
): Promise<SqsRecord[]> {
  const { toInvocation = readBody, onFailure = printFailure } = options;
  for (const [index, record] of group.entries()) {
    try {
      const invocation = toInvocation(record);
      await runToItsEnd((call) => invoke(host, invocation, call), toCallOptions(context, options));
    } catch (error) {
      onFailure(error, record);
      return group.slice(index);
    }
  }
  return [];
}

function readBody({ body }: SqsRecord): Invocation {
  return parseInvocation(JSON.parse(body));
}

/** Safe to print: an extension may have written the message. */
function printFailure(error: unknown, { messageId }: SqsRecord): void {
  console.error(formatForTerminal(`sandglass: message ${messageId} failed: ${String(error)}`));
}
