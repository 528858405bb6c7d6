import { resolve } from 'node:path';

import { isSandglassError, type Manifest, parseManifest, type SandglassError } from '@sandglass/core';

import { findFrame } from '../../authoring/code-frame.js';
import { findProblems } from '../../authoring/find-problems.js';
import { type AuthoredExtension, readAuthored } from '../../authoring/read-authored.js';
import { createCapabilities } from '../../capabilities/registry.js';
import { unknownScopeNotes } from '../../extensions/open-extension.js';
import { parseSourceMap, type PositionMapper } from '../../extensions/source-map.js';
import { AddressGate } from '../../gate/index.js';
import { createHost } from '../../host.js';
import { type Command, defineCommand } from '../command.js';
import { toHostOptions } from '../config/host-options.js';
import { readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import { assertNotFolderOfExtensions } from '../open-host.js';
import { type Inspection, printInspection } from '../output/inspection.js';
import { ONE_EXTENSION_ARGS } from '../settings.js';
import { formatJson } from '../output/safe-json.js';

/** `sandglass inspect <folder>`: an extension's manifest, scopes, registrations and problems. */
export const inspectCommand: Command = defineCommand({
  name: 'inspect',
  description: 'Show what an extension asks for, is granted and registers, and what is wrong with it',
  args: {
    folder: { type: 'positional', required: true, description: 'Folder of the extension' },
    json: { type: 'boolean', description: 'Print it all as JSON' },
    ...ONE_EXTENSION_ARGS,
  },
  async run({ values, positionals: [folder] }, io) {
    const path = resolve(io.cwd, folder!); // required
    await assertNotFolderOfExtensions(path);
    const { inspection } = await inspect(path, await readConfig(io, values));
    if (values['json'] === true) io.stdout.write(`${formatJson(inspection)}\n`);
    else await printInspection(inspection, path, io);
    return inspection.problems.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
});

/**
 * Reads an extension, looks at it and loads it.
 *
 * @returns `authored` is what was read. Absent if that or the manifest is of no use.
 */
export async function inspect(
  folder: string,
  config: Config,
): Promise<{ inspection: Inspection; authored?: AuthoredExtension }> {
  try {
    const authored = await readAuthored(folder);
    const { manifest, problems } = await lookAt(authored, config);
    return { authored, inspection: { manifest, file: authored.file, ...(await load(authored, config, problems)) } };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    const { message } = error;
    return { inspection: { problems: [{ severity: 'error', code: 'manifest', message, ...positionOf(error) }] } };
  }
}

/**
 * Finds all that can be found of an extension without running it.
 *
 * @throws {SandglassError} `E_MANIFEST`
 */
export async function lookAt(
  authored: AuthoredExtension,
  config: Pick<Config, 'capabilities' | 'nodeEnv' | 'request'>,
): Promise<{ manifest: Manifest; problems: Inspection['problems'] }> {
  const { file, source, staleBuild } = authored;
  const capabilities = createCapabilities({ custom: config.capabilities });
  const wires = capabilities.wires(capabilities.prepare({ name: '', version: '' }, {}));
  await capabilities.close();
  const modules: Record<string, string[]> = {};
  for (const { module, name } of wires) (modules[module] ??= []).push(name);
  const manifest = parseManifest(authored.manifest, capabilities.scopeSchemas);
  const requested = Object.keys(manifest.requestedScopes);
  const absent = config.nodeEnv === null ? ['console', 'process'] : [];
  const inSource = inFiles(authored, findProblems(source, { requested, modules, absent }));
  const unknown = unknownScopeNotes(manifest, capabilities).map(
    (message) => ({ severity: 'warning', code: 'scope-unknown', message }) as const,
  );
  const problems = [...unknown, ...findRefusedHosts(manifest, config), ...inSource];
  return { manifest, problems: staleBuild === undefined ? problems : [...problems, stale(file, staleBuild)] };
}

/** Maps the positions of problems to the files of the author. */
export function inFiles<Found extends { line?: number; column?: number }>(
  { file, sourceMap }: AuthoredExtension,
  found: readonly Found[],
): (Found & { file?: string })[] {
  const map = readMap(sourceMap, file);
  return found.map((one) => {
    const { line, column } = one;
    if (line === undefined || column === undefined) return one;
    const position = { file, line, column };
    return { ...one, ...(map?.(position) ?? position) };
  });
}

/** A map that cannot be read is a note of the load. */
function readMap(map: string | object | undefined, file: string): PositionMapper | undefined {
  try {
    return map === undefined ? undefined : parseSourceMap(map, file);
  } catch {
    return undefined;
  }
}

function stale(file: string, build: string): Inspection['problems'][number] {
  const message = `${build} is older than ${file}, and is what a host loads: sandglass build makes it again`;
  return { severity: 'warning', code: 'stale-build', message };
}

/** URL patterns with a host that is refused whatever the scope says. */
function findRefusedHosts(manifest: Manifest, { request }: Pick<Config, 'request'>): Inspection['problems'] {
  // parsed before
  const { urls = [] } = (manifest.requestedScopes['request'] ?? {}) as { urls?: string[] };
  const gate = new AddressGate(request);
  const hosts = urls.flatMap((url) => /^https?:\/\/(\[[^\]]*\]|[^:/*?#]+)(?:[:/?#]|$)/i.exec(url)?.[1] ?? []);
  return [...new Set(hosts)]
    .filter((host) => gate.deniesHost(host))
    .map((host) => ({
      severity: 'warning',
      code: 'scope-refused',
      message: `Requests to ${host} are refused: it is no public address. --request-allow-addresses opens it`,
    }));
}

async function load(
  authored: AuthoredExtension,
  config: Config,
  problems: Inspection['problems'],
): Promise<Pick<Inspection, 'extension' | 'problems'>> {
  await using host = await createHost({ ...toHostOptions(config), pool: { ...config.pool, maxThreads: 1 } });
  try {
    const extension = await host.load(authored);
    if (extension.registrations.length > 0) return { extension, problems };
    const message = 'It registers nothing: nothing will ever call it';
    return { extension, problems: [...problems, { severity: 'warning', code: 'registers-nothing', message }] };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    const isKnown = problems.some(({ severity, code }) => severity === 'error' && code !== 'scope-missing');
    if (isKnown) return { problems };
    return {
      problems: [...problems, { severity: 'error', code: 'load', message: error.message, ...positionOf(error) }],
    };
  }
}

/** Where an error came from, if its cause has a stack in the extension's files. */
function positionOf({ cause, extension = '' }: SandglassError): { file?: string; line?: number; column?: number } {
  return (cause instanceof Error && findFrame(cause.stack ?? '', extension)) || {};
}
