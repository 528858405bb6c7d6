import { parseManifest, SandglassError, type Scopes } from '@sandglass/core';
import {
  checkOptions,
  count,
  type FleetPush,
  type NodeError,
  object,
  type PushOptions,
  type RollOut,
  withDefault,
} from '@sandglass/host/fleet';

import { packBundle } from '../catalogue/bundle.js';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { Snapshots } from '../catalogue/snapshots.js';
import { type Entry, isSame, type Version } from '../catalogue/entry.js';
import type { NodeReport } from '../nodes/report.js';
import type { NodeWatch } from '../nodes/watch.js';

/** Pause between two looks at whether a node has gone. */
const LOOK_AFTER_MS = 250;

const pushOptions = object<{ tolerate: number; timeoutMs: number }>({
  tolerate: withDefault(count(0, 1_000_000), 0),
  timeoutMs: withDefault(count(100, 600_000), 60_000),
});

/** Where a roll-out is written and watched. */
export interface RollOutParts {
  catalogue: Catalogue;
  snapshots: Snapshots;
  nodes: NodeWatch;
}

/**
 * Rolls out an extension in two steps. It writes `next`, which every live owner loads beside what
 * serves; once all have reported that they have, it writes `active`.
 *
 * @throws {SandglassError} as `FleetOperator.push`.
 */
export async function rollOut(parts: RollOutParts, extension: FleetPush, options: PushOptions): Promise<RollOut> {
  const { catalogue, snapshots } = parts;
  const { tolerate, timeoutMs } = checkOptions('options of a push', pushOptions, options);
  const { name, version, requested } = identify(extension.source.manifest);
  const bundle = packBundle(extension.source);
  const { grant = requested, limits = {} } = extension;
  assertRequested(name, grant, requested);
  const pushed: Version = { hash: bundle.hash, version, grant, limits };
  const before = await catalogue.get(name);
  const entry: Entry = before?.value ?? { name, revision: 0 };
  if (isSame(entry.active, pushed)) return outcome(entry, pushed, { isChanged: false });
  await catalogue.putBundle(bundle);
  await snapshots.take({ ...extension, limits });
  const id = crypto.randomUUID();
  const announced: Entry = { ...entry, next: { id, version: pushed } };
  const revision = await catalogue.put(announced, before?.revision ?? 0);
  const { ready, failed, silent } = await whenAllAnswered(parts.nodes, { name, id, timeoutMs });
  const failures = Object.entries(failed);
  if (silent.length > 0 || failures.length > tolerate) {
    await catalogue.put({ ...entry, next: undefined }, revision);
    throw refused(name, failures, silent, timeoutMs);
  }
  const active: Entry = { name, revision: entry.revision + 1, active: pushed, previous: entry.active };
  await catalogue.put(active, revision);
  return outcome(active, pushed, { isChanged: true, nodes: ready, failed });
}

/** Makes what was active before active again. @throws {SandglassError} `E_NOT_FOUND`. */
export async function rollBack(catalogue: Catalogue, name: string): Promise<RollOut> {
  const before = await catalogue.get(name);
  if (!before) throw new SandglassError('E_NOT_FOUND', `Cannot roll back "${name}": the catalogue does not have it`);
  const { active, previous, revision } = before.value;
  if (!previous)
    throw new SandglassError('E_NOT_FOUND', `Cannot roll back "${name}": no other version was active before`);
  const entry: Entry = { name, revision: revision + 1, active: previous, previous: active };
  await catalogue.put(entry, before.revision);
  return outcome(entry, previous, { isChanged: true });
}

interface Answers {
  ready: string[];
  failed: Record<string, NodeError>;
  silent: string[];
}

/** Resolves when every live owner has answered, or time is up. */
function whenAllAnswered(
  nodes: NodeWatch,
  { name, id, timeoutMs }: { name: string; id: string; timeoutMs: number },
): Promise<Answers> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const look = (): void => {
      const answers = sortAnswers(nodes.live, name, id);
      if (answers.silent.length > 0 && performance.now() - startedMs < timeoutMs) return;
      clearInterval(timer);
      listening[Symbol.dispose]();
      resolve(answers);
    };
    const timer = setInterval(look, LOOK_AFTER_MS);
    const listening = nodes.onReport(look);
    look();
  });
}

function sortAnswers(live: readonly NodeReport[], name: string, id: string): Answers {
  const answers: Answers = { ready: [], failed: {}, silent: [] };
  for (const { name: node, role, staged } of live) {
    const answer = staged[name];
    if (role === 'runner') continue; // it gets what it runs from owners
    if (answer?.id !== id) answers.silent.push(node);
    else if (answer.error) answers.failed[node] = answer.error;
    else answers.ready.push(node);
  }
  return answers;
}

function refused(
  name: string,
  failures: readonly (readonly [string, NodeError])[],
  silent: readonly string[],
  timeoutMs: number,
): SandglassError {
  const reasons = [
    ...failures.map(([node, { code, message }]) => `${node}: ${message} (${code})`),
    ...(silent.length > 0 ? [`no answer of ${silent.join(', ')} within ${timeoutMs} ms`] : []),
  ];
  const code = failures[0]?.[1].code ?? 'E_FLEET';
  return new SandglassError(code, `Cannot roll out "${name}", nothing was activated: ${reasons.join('; ')}`, {
    extension: name,
  });
}

function outcome(
  { name, revision }: Entry,
  { hash }: Version,
  rest: Pick<RollOut, 'isChanged'> & Partial<Pick<RollOut, 'nodes' | 'failed'>>,
): RollOut {
  return { name, hash, revision, nodes: [], failed: {}, ...rest };
}

/** Name, version and scopes of a manifest. Owners check the scopes: they know the capabilities. */
function identify(manifest: unknown): { name: string; version: string; requested: Scopes } {
  const { name, version } = parseManifest(manifest, {});
  const extension = (manifest as Record<string, unknown>)['directus:extension']; // it was parsed
  const { sandbox } = extension as { sandbox?: { requestedScopes?: Scopes } }; // as above
  return { name, version, requested: sandbox?.requestedScopes ?? {} };
}

function assertRequested(name: string, grant: Scopes, requested: Scopes): void {
  const extra = Object.keys(grant).find((scope) => !Object.hasOwn(requested, scope));
  if (extra === undefined) return;
  throw new SandglassError('E_MANIFEST', `Cannot grant "${name}" the scope "${extra}": it does not request it`);
}
