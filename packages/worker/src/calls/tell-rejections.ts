import type { Call } from './call.js';

/**
 * Tells the host what nobody has handled by the end of a call, within its limits: describing a
 * reason may run guest code.
 */
export function tellRejections(call: Call): void {
  const { sandbox } = call;
  const rejections = call.takeRejections();
  for (const { reason } of rejections) {
    if (call.stopped) break;
    const description = sandbox.describe(call, reason, true);
    call.tellRejection(call.mustStop() ? undefined : description);
  }
  sandbox.release(...rejections.map(({ reason }) => reason));
}
