import type { Registration } from '@sandglass/core';

import type { BackgroundEnd } from '../pool/contract.js';
import type { CallEntry, LogEntry } from '../types.js';

/** Where the end of what calls left to be done after their answers is told. */
export interface BackgroundSinks {
  log: (entry: LogEntry) => void;
  onCall?: ((entry: CallEntry) => void) | undefined;
  /** What an extension registered, by its id in the pool. */
  registrationsOf: (extensionId: number) => readonly Registration[] | undefined;
}

/**
 * Tells the call hook, and the extension's log if something ended it before it was done: no caller
 * gets that error.
 */
export function tellBackground({ log, onCall, registrationsOf }: BackgroundSinks): (end: BackgroundEnd) => void {
  return ({ extension, callId, handler, durationMs, usage, error }) => {
    if (error) {
      const message = `What went on after the answer was ended: ${error.code}: ${error.message}`;
      log({ extension: extension.name, callId, level: 'warn', message });
    }
    const registration = onCall && registrationsOf(extension.id)?.find((one) => one.handler === handler);
    if (!registration) return;
    const outcome = error?.code ?? 'ok';
    onCall({ extension: extension.name, callId, registration, outcome, durationMs, ...usage, background: true });
  };
}
