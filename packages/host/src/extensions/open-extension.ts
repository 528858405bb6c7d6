import { posix } from 'node:path';

import {
  type Isolation,
  isSandglassError,
  type Limits,
  lowerLimits,
  type Manifest,
  parseManifest,
  SandglassError,
  type Scopes,
} from '@sandglass/core';

import type { Capabilities } from '../capabilities/registry.js';
import type { ExtensionSource, GrantPolicy } from '../types.js';
import { Extension, type ExtensionOrigin } from './extension.js';
import { prepareSource, type PreparedSource } from './prepare-source.js';
import { type ExtensionFiles, readFolder } from './read-folder.js';

/** What the host decides for every extension. */
export interface OpenOptions {
  capabilities: Capabilities;
  isolation: Isolation;
  limits: Limits;
  nodeEnv: string | null;
  grant?: GrantPolicy | undefined;
}

/**
 * Reads an extension, checks its manifest, decides its grant and prepares its source: all that
 * needs no sandbox.
 *
 * @param id of the extension in this host; a reload needs a new one.
 * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND` or `E_LOAD`.
 * @throws {TypeError} for a grant policy that gives no scopes, or one that was not requested.
 */
export async function openExtension(id: number, origin: ExtensionOrigin, options: OpenOptions): Promise<Extension> {
  const { capabilities } = options;
  const { isolation = options.isolation, limits = {} } = origin.options;
  const { manifest, notes, ...files } = await readOrigin(origin.from, capabilities);
  const ignored = unknownScopeNotes(manifest, capabilities);
  const { name, version, type } = manifest;
  const grant = capabilities.prepare(
    { name, version },
    await decideGrant(atMost(manifest, origin.granted), options.grant),
  );
  const filename = guestFilename(name, manifest.path);
  const source = await prepare(name, files, filename);
  const wire = {
    id,
    name,
    type,
    filename,
    source: source.code,
    isolation,
    limits: lowerLimits(options.limits, limits),
    capabilities: capabilities.wires(grant),
    nodeEnv: options.nodeEnv,
  };
  return new Extension({
    origin,
    manifest,
    source: { ...source, notes: [...ignored, ...notes, ...source.notes] },
    grant,
    wire,
  });
}

async function readOrigin(
  from: string | ExtensionSource,
  { scopeSchemas }: Capabilities,
): Promise<Omit<ExtensionFiles, 'sourceMap'> & Pick<ExtensionSource, 'sourceMap'>> {
  if (typeof from === 'string') return readFolder(from, scopeSchemas);
  const { manifest, source, sourceMap } = from;
  const files = { manifest: parseManifest(manifest, scopeSchemas), source, notes: [] };
  return sourceMap === undefined ? files : { ...files, sourceMap };
}

async function prepare(
  name: string,
  { source, sourceMap }: Pick<ExtensionSource, 'source' | 'sourceMap'>,
  filename: string,
): Promise<PreparedSource> {
  try {
    return await prepareSource(source, filename, sourceMap);
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    throw new SandglassError(error.code, `Cannot load "${name}": ${error.message}`, { extension: name, cause: error });
  }
}

/** What an author is told of scopes that give nothing. */
export function unknownScopeNotes(
  { unknownScopes }: Pick<Manifest, 'unknownScopes'>,
  { scopeSchemas }: Pick<Capabilities, 'scopeSchemas'>,
): string[] {
  const known = Object.keys(scopeSchemas);
  return unknownScopes.map((name) => `The scope "${name}" is unknown and ignored: there are ${known.join(', ')}`);
}

/** A manifest as if it asked for no more than was granted elsewhere. */
function atMost(manifest: Manifest, granted: Scopes | undefined): Manifest {
  if (!granted) return manifest;
  const known = Object.entries(granted).filter(([scope]) => Object.hasOwn(manifest.requestedScopes, scope));
  return { ...manifest, requestedScopes: Object.fromEntries(known) };
}

async function decideGrant(
  { name, version, type, requestedScopes }: Manifest,
  policy: GrantPolicy | undefined,
): Promise<Scopes> {
  if (!policy) return requestedScopes;
  let granted: Scopes;
  try {
    granted = await policy({ name, version, type }, requestedScopes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no reason given';
    throw new SandglassError('E_MANIFEST', `Cannot load "${name}": the host refused its scopes: ${reason}`, {
      extension: name,
      cause,
    });
  }
  if (typeof granted !== 'object' || granted === null || Array.isArray(granted))
    throw new TypeError(`The grant policy gave "${name}" ${String(granted)}: it has to give an object of scopes`);
  const extra = Object.keys(granted).find((scope) => !Object.hasOwn(requestedScopes, scope));
  if (extra !== undefined)
    throw new TypeError(`The grant policy gave "${name}" the scope "${extra}", which it does not request`);
  return granted;
}

/** `<package name>/<path>`, without what would make a frame of a stack ambiguous. */
function guestFilename(name: string, path: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return posix.normalize(`${name}/${path}`).replaceAll(/[\s():\\\x00-\x1f]/g, '_');
}
