import { resolve } from 'node:path';

import { isSandglassError } from '@sandglass/core';

import { findProblems } from '../../authoring/find-problems.js';
import { createCapabilities } from '../../capabilities/registry.js';
import { readFolder, readPackageJson } from '../../extensions/read-folder.js';
import { createHost } from '../../host.js';
import { CONFIG_ARGS } from '../args.js';
import { type Command, defineCommand } from '../command.js';
import { toHostOptions } from '../config/host-options.js';
import { readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import { assertNotFolderOfExtensions } from '../open-host.js';
import { type Inspection, printInspection } from '../output/inspection.js';
import { formatJson } from '../output/safe-json.js';

/** `sandglass inspect <folder>`: an extension's manifest, scopes, registrations and problems. */
export const inspectCommand: Command = defineCommand({
  name: 'inspect',
  description: 'Show what an extension asks for, is granted and registers, and what is wrong with it',
  args: {
    folder: { type: 'positional', required: true, description: 'Folder of the extension' },
    json: { type: 'boolean', description: 'Print it all as JSON' },
    ...CONFIG_ARGS,
  },
  async run({ values, positionals: [folder] }, io) {
    const path = resolve(io.cwd, folder!); // required
    await assertNotFolderOfExtensions(path);
    const inspection = await inspect(path, await readConfig(io, values));
    if (values['json'] === true) io.stdout.write(`${formatJson(inspection)}\n`);
    else printInspection(inspection, io);
    return inspection.problems.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
});

async function inspect(folder: string, config: Config): Promise<Inspection> {
  const capabilities = createCapabilities({ custom: config.capabilities });
  const wires = capabilities.wires(capabilities.prepare({ name: '', version: '' }, {}));
  await capabilities.close();
  const modules: Record<string, string[]> = {};
  for (const { module, name } of wires) (modules[module] ??= []).push(name);
  try {
    const { manifest, source } = await readFolder(folder, capabilities.scopeSchemas);
    const requested = Object.keys(manifest.requestedScopes);
    const absent = config.nodeEnv === null ? ['console', 'process'] : [];
    const problems = [
      ...(await findUnknownScopes(
        folder,
        wires.map(({ name }) => name),
      )),
      ...findProblems(source, { requested, modules, absent }),
    ];
    return { manifest, ...(await load(folder, config, problems)) };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    return { problems: [{ severity: 'error', code: 'manifest', message: error.message }] };
  }
}

/** Scopes of the manifest that no capability has; the manifest's parser drops them. */
async function findUnknownScopes(folder: string, known: readonly string[]): Promise<Inspection['problems']> {
  const packageJson = (await readPackageJson(folder)) as {
    'directus:extension': { sandbox: { requestedScopes?: object } };
  }; // parsed before
  return Object.keys(packageJson['directus:extension'].sandbox.requestedScopes ?? {})
    .filter((name) => !known.includes(name))
    .map((name) => ({
      severity: 'warning',
      code: 'scope-unknown',
      message: `The scope "${name}" is unknown and ignored`,
    }));
}

async function load(
  folder: string,
  config: Config,
  problems: Inspection['problems'],
): Promise<Pick<Inspection, 'extension' | 'problems'>> {
  await using host = await createHost({ ...toHostOptions(config), pool: { ...config.pool, maxThreads: 1 } });
  try {
    return { extension: await host.load(folder), problems };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    const isKnown = problems.some(({ severity, code }) => severity === 'error' && code !== 'scope-missing');
    return {
      problems: isKnown ? problems : [...problems, { severity: 'error', code: 'load', message: error.message }],
    };
  }
}
