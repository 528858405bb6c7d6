/** A tree of packages in the shape of Directus, as far as the preload touches it. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What stands in `dist/extensions/manager.js`. */
export const MANAGER = `
import ivm from 'isolated-vm';
import emitter from '../emitter.js';
import { getFlowManager } from '../flows.js';
import '../services/index.js';
import { Router } from 'express';
export class ExtensionManager {
  endpointRouter = Router();
  unregisterFunctionMap = new Map();
  async registerSandboxedApiExtension(extension) {
    new ivm.Isolate(extension.path, this.endpointRouter);
    this.unregisterFunctionMap.set(extension.name, async () => {});
  }
  async registerInternalOperations() {
    const { default: config } = await import('../operations/exec/index.js');
    getFlowManager().addOperation(config.id, config.handler);
  }
}
`;

const FILES: Readonly<Record<string, string>> = {
  'directus/package.json': '{ "type": "module", "exports": { "./version": "./version.js" } }',
  'directus/version.js': "export const version = '12.0.0';",
  'isolated-vm/package.json': '{ "main": "index.js" }',
  'isolated-vm/index.js': "throw new Error('the native addon is loaded');",
  '@directus/env/package.json': '{ "type": "module", "exports": "./index.js" }',
  '@directus/env/index.js':
    'export const useEnv = () => ({ EXTENSIONS_SANDBOX_MEMORY: 100, EXTENSIONS_SANDBOX_TIMEOUT: 1000,' +
    ' FLOWS_RUN_SCRIPT_MAX_MEMORY: 32, FLOWS_RUN_SCRIPT_TIMEOUT: 10000, IMPORT_IP_DENY_LIST: ["0.0.0.0"] });',
  '@directus/api/package.json': JSON.stringify({
    name: '@directus/api',
    version: '39.0.0',
    type: 'module',
    exports: { './*': './dist/*.js', './package.json': './package.json' },
  }),
  '@directus/api/dist/extensions/index.js': `
    import { ExtensionManager } from './manager.js';
    export const getExtensionManager = () => new ExtensionManager();
  `,
  '@directus/api/dist/extensions/manager.js': MANAGER,
  '@directus/api/dist/emitter.js': `
    const handlers = { filter: [], action: [] };
    const on = (type) => (event, handler) => handlers[type].push({ event, handler });
    const off = (type) => (event, handler) => {
      handlers[type] = handlers[type].filter((one) => one.handler !== handler);
    };
    export default {
      handlers,
      onFilter: on('filter'), offFilter: off('filter'), onAction: on('action'), offAction: off('action'),
    };
  `,
  '@directus/api/dist/flows.js': `
    const operations = new Map();
    const manager = {
      operations,
      addOperation: (id, handler) => operations.set(id, handler),
      removeOperation: (id) => operations.delete(id),
    };
    export const getFlowManager = () => manager;
  `,
  '@directus/api/dist/logger/index.js': `
    export const lines = [];
    const write = (level) => (first, message) => lines.push([level, first, message].filter((one) => one !== undefined));
    export const useLogger = () => Object.fromEntries(['debug', 'info', 'warn', 'error', 'trace'].map((level) => [level, write(level)]));
  `,
  '@directus/api/dist/utils/get-schema.js':
    'export const getSchema = async () => ({ collections: {}, relations: [] });',
  // a circle, as Directus has them
  '@directus/api/dist/services/index.js': `
    import { getExtensionManager } from '../extensions/index.js';
    export class ItemsService { manager = getExtensionManager; }
  `,
  '@directus/api/dist/operations/exec/index.js': `
    import { createRequire } from 'node:module';
    createRequire(import.meta.url)('isolated-vm');
    export default { id: 'exec', handler: () => 'its own' };
  `,
};

/**
 * Writes the tree into a new folder.
 *
 * @param changes files that differ; undefined for one that is not there.
 * @returns the folder that has `node_modules`.
 */
export async function writeFakeDirectus(changes: Record<string, string | undefined> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-fake-directus-'));
  for (const [path, text] of Object.entries({ ...FILES, ...changes })) {
    const file = join(folder, 'node_modules', path);
    await mkdir(dirname(file), { recursive: true });
    if (text !== undefined) await writeFile(file, text);
  }
  const express = dirname(createRequire(import.meta.url).resolve('express/package.json'));
  await mkdir(join(folder, 'node_modules/express'));
  await writeFile(join(folder, 'node_modules/express/package.json'), '{ "main": "index.js" }');
  await writeFile(
    join(folder, 'node_modules/express/index.js'),
    `const express = require(${JSON.stringify(express)}); module.exports = express; exports.Router = express.Router;`,
  );
  return folder;
}

/** Writes an extension in Directus' layout. @returns its folder */
export async function writeExtension(
  folder: string,
  { name, type, source }: { name: string; type: 'endpoint' | 'hook' | 'operation'; source: string },
): Promise<string> {
  const path = type === 'operation' ? { app: 'app.js', api: 'index.js' } : 'index.js';
  const sandbox = { enabled: true, requestedScopes: { log: {} } };
  const own = join(folder, 'extensions', name);
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'index.js'), source);
  await writeFile(
    join(own, 'package.json'),
    JSON.stringify({ name, version: '1.0.0', 'directus:extension': { type, path, source: path, host: '*', sandbox } }),
  );
  return own;
}
