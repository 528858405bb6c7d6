import { DEFAULT_LIMITS } from '@sandglass/core';

import type { Host } from '../../host-contract.js';
import type { ExtensionInfo } from '../../types.js';
import { mergeStats } from '../processes/merge-stats.js';

function unexpected(): never {
  throw new Error('the test has not said what the host answers');
}

/** A host without extensions, whose endpoints answer `endpoint`, and which else has these parts. */
export function createFakeHost(parts: Partial<Host> = {}): Host {
  return {
    extensions: [],
    fleet: undefined,
    load: unexpected,
    reload: unexpected,
    unload: unexpected,
    handles: unexpected,
    fetch: () => Promise.resolve(new Response('endpoint')),
    operation: unexpected,
    filter: unexpected,
    action: unexpected,
    run: unexpected,
    endpoint: unexpected,
    stats: () => mergeStats([]),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...parts,
  };
}

/** An endpoint that registers nothing, but for these parts. */
export function createFakeInfo(parts: Partial<ExtensionInfo>): ExtensionInfo {
  return {
    name: 'fake',
    version: '1.0.0',
    type: 'endpoint',
    isolation: 'pristine',
    state: 'ready',
    requested: {},
    granted: {},
    registrations: [],
    sourceHash: '',
    limits: DEFAULT_LIMITS,
    notes: [],
    ...parts,
  };
}
