import { formatForTerminal } from '../capabilities/log/terminal.js';
import { errorText, findSandglassError } from '../extensions/error-text.js';
import type { ErrorContext, HostOptions } from '../types.js';

/** Tells of an error that no caller gets. Never throws. */
export type ReportError = (error: unknown, context?: Omit<ErrorContext, 'callId'>) => void;

/**
 * Makes the way to the host's `onError`; without one, a line on stderr.
 *
 * What an `onError` throws or rejects with is dropped: the error that it was told of is not to
 * become two.
 */
export function createErrorReport(onError: HostOptions['onError'] = printError): ReportError {
  return (thrown, context = {}) => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const callId = findSandglassError(error)?.callId;
    try {
      const told: unknown = onError(error, callId === undefined ? context : { ...context, callId });
      Promise.resolve(told).catch(() => {});
    } catch {
      // the sink's own problem
    }
  };
}

function printError(error: Error, { extension, event }: ErrorContext): void {
  const where = [extension, event].filter((part) => part !== undefined).join(' ');
  console.error(formatForTerminal(`sandglass: ${where === '' ? '' : `${where}: `}${errorText(error)}`));
}
