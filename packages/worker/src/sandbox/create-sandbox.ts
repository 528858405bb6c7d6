import type { ExtensionWire } from '@sandglass/core';

import { prepareRealm } from './prepare-realm.js';
import type { PreludeFunction } from './prelude/prelude.js';
import type { Pointer } from '../quickjs/ffi.js';
import type { Instance } from '../quickjs/instance.js';
import type { Layout } from '../quickjs/memory/layout.js';
import { Realm } from '../quickjs/realm.js';
import { createRealmPointers } from '../quickjs/realm-pointers.js';
import { Sandbox } from './sandbox.js';
import { getHashSeed } from './seed.js';
import { fill, type Snapshot } from './snapshot.js';

/** A sandbox whose realm is prepared and that has seen nothing of the extension yet. */
export function bootSandbox(instance: Instance, layout: Layout, extension: ExtensionWire): Sandbox {
  instance.words[layout.heapEndAt >> 2] = instance.heap.start; // nothing is allocated yet
  instance.functions.hashSeed.value = getHashSeed();
  const realm = new Realm(instance, layout, createRealmPointers(instance, extension.limits.stackBytes));
  // The prelude's functions are called by the natives, which it is given: both exist before either
  // runs.
  const prelude = {} as Record<PreludeFunction, Pointer>;
  const sandbox = new Sandbox(realm, extension, prelude, []);
  try {
    Object.assign(prelude, prepareRealm(realm, extension));
  } catch (error) {
    sandbox.retire();
    throw error;
  }
  return sandbox;
}

/** A sandbox that begins where the snapshot was taken: nothing is evaluated. */
export function sandboxFromSnapshot(
  instance: Instance,
  layout: Layout,
  extension: ExtensionWire,
  snapshot: Snapshot,
): Sandbox {
  const { realm: pointers, prelude, handlers } = snapshot.header;
  const sandbox = new Sandbox(new Realm(instance, layout, pointers), extension, prelude, handlers);
  fill(instance, snapshot);
  return sandbox;
}
