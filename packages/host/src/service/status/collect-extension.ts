import type { Limits } from '@sandglass/core';

import { guestStack } from '../../extensions/error-text.js';
import type { ExtensionStats } from '../../pool/stats/stats.js';
import type { ExtensionInfo } from '../../types.js';
import { ExtensionTexts } from './extension-texts.js';
import type { StatusExtension, StatusLimit } from './status-data.js';
import { newestOf } from '../processes/merge-stats.js';
import type { StatusReport } from './report-status.js';
import type { WatchedExtension, WatchedNumbers } from './watched.js';

/** Stands for what processes that did not answer in time have watched. */
const NOTHING: WatchedExtension = { view: 'extension', numbers: undefined, lists: new ExtensionTexts().lists };

/** Characters of why an extension failed. */
const MAX_TEXT_LENGTH = 2_000;

/** All that the page of one extension shows. Undefined if there is no such extension. */
export function collectExtension(
  name: string,
  { stats: { extensions: counted }, extensions, watched }: StatusReport,
  canReload: boolean,
): StatusExtension | undefined {
  const found = extensions.find((one) => one.name === name);
  if (!found) return undefined;
  const { error, registrations, limits, ...info } = found;
  const stats = newestOf(counted).find((one) => one.name === name);
  const { numbers, lists } = watched?.view === 'extension' ? watched : NOTHING;
  return {
    canReload,
    nowMs: Date.now(),
    info: { ...info, registrationCount: registrations.length },
    error: error && describeError(error),
    stats,
    seen: numbers?.seen,
    history: numbers?.history,
    handlers: numbers?.handlers ?? [],
    limits: describeLimits(limits, numbers, stats),
    ...lists,
  };
}

function describeError({ message, cause }: NonNullable<ExtensionInfo['error']>): StatusExtension['error'] {
  return { message: message.slice(0, MAX_TEXT_LENGTH), stack: guestStack(cause)?.slice(0, MAX_TEXT_LENGTH) };
}

function describeLimits(
  limits: Readonly<Limits>,
  numbers: WatchedNumbers | undefined,
  stats: ExtensionStats | undefined,
): StatusLimit[] {
  const most: WatchedNumbers['most'] = { ...numbers?.most };
  if (stats && stats.loadMs.count > 0) most.loadTimeMs = stats.loadMs.max;
  if (stats) most.maxConcurrentCalls = stats.queued + stats.running;
  // keys of limits
  return (Object.entries(limits) as [keyof Limits, number][]).map(([limit, value]) => ({
    name: limit,
    value,
    most: most[limit],
  }));
}
