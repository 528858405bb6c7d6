import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';

import { scanFolder } from '../../extensions/scan-folder.js';
import { createHost } from '../../host.js';
import { type Command, defineCommand } from '../command.js';
import { formatAmount } from '../config/units.js';
import { readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import type { Io } from '../io.js';
import { createStyle } from '../output/style.js';
import { CONFIG_ARGS } from '../settings.js';
import { readVersion } from '../version.js';

/** The result of one check. `advice` says how to mend what is wrong. */
interface Finding {
  state: 'ok' | 'warning' | 'error';
  name: string;
  text: string;
  advice?: string;
}

type Look = (config: Config) => Finding | Promise<Finding>;

const LOOKS: readonly Look[] = [
  lookAtNode,
  lookAtVersion,
  lookAtCpu,
  lookAtMemory,
  lookAtExtensions,
  lookAtSnapshots,
  lookAtAddress,
  lookAtSandbox,
];

/** `sandglass doctor [folder]`: whether this machine and this configuration can serve. */
export const doctorCommand: Command = defineCommand({
  name: 'doctor',
  description: 'Check Node, memory, folders, port and a sandbox, as serve would use them',
  args: {
    folder: { type: 'positional', description: 'Folder of extensions, or one extension' },
    ...CONFIG_ARGS,
  },
  async run({ values, positionals: [folder] }, io) {
    const config = await readConfig(io, folder === undefined ? values : { ...values, extensions: folder });
    let hasFailed = false;
    for (const look of LOOKS) {
      const finding = await look(config);
      print(finding, io);
      hasFailed ||= finding.state === 'error';
    }
    return hasFailed ? 1 : 0;
  },
});

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;

function print({ state, name, text, advice }: Finding, io: Io): void {
  const style = createStyle(io.stdout, io.env);
  io.stdout.write(`${style(COLOURS[state], state.padEnd(8))} ${name.padEnd(11)} ${text}\n`);
  if (advice !== undefined) io.stdout.write(`${' '.repeat(21)}${advice}\n`);
}

function lookAtNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isRight = major > 20 || (major === 20 && minor >= 19);
  const finding = { name: 'node', text: `${process.version} on ${process.platform} ${process.arch}` };
  return isRight ? { state: 'ok', ...finding } : { state: 'error', ...finding, advice: 'Install Node 20.19 or later' };
}

function lookAtVersion(): Finding {
  return { state: 'ok', name: 'versions', text: `sandglass ${readVersion()}` };
}

function lookAtCpu({ pool }: Config): Finding {
  const cores = availableParallelism();
  const { maxThreads = cores } = pool;
  const finding = { name: 'cpu', text: `${cores} at once, maxThreads is ${maxThreads}` };
  if (maxThreads <= cores) return { state: 'ok', ...finding };
  return {
    state: 'warning',
    ...finding,
    advice: 'More threads than that share cores: calls compute longer. Lower --max-threads',
  };
}

async function lookAtMemory({ pool, limits }: Config): Promise<Finding> {
  const limit = await readMemoryLimit();
  const { maxThreads = availableParallelism() } = pool;
  const needed = maxThreads * limits.memoryLimitBytes;
  const text = `${toMegabytes(limit)} for this process; ${maxThreads} calls at once may take ${toMegabytes(needed)}`;
  if (needed < limit / 2) return { state: 'ok', name: 'memory', text };
  return {
    state: 'warning',
    name: 'memory',
    text,
    advice: 'Lower --memory-limit-bytes or --max-threads, or give it more memory',
  };
}

/** The memory limit of the container, if there is one. */
async function readMemoryLimit(): Promise<number> {
  const text = await readFile('/sys/fs/cgroup/memory.max', 'utf8').catch(() => 'max');
  const limit = Number(text);
  return Number.isFinite(limit) && limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function toMegabytes(bytes: number): string {
  return formatAmount(Math.round(bytes / 1_048_576) * 1_048_576, 'size');
}

async function lookAtExtensions({ extensions, include, exclude, packageJson }: Config): Promise<Finding> {
  const name = 'extensions';
  try {
    const found = await scanFolder(extensions, { include, exclude, packageJson });
    const text = `${found.length} in ${extensions}`;
    if (found.length > 0) return { state: 'ok', name, text };
    return { state: 'warning', name, text, advice: 'Name the folder, for example: sandglass doctor ./extensions' };
  } catch (error) {
    const advice = 'Name another folder, or let this user read it';
    // scanFolder throws nothing else
    return { state: 'error', name, text: (error as Error).message, advice };
  }
}

async function lookAtSnapshots({ snapshots }: Config): Promise<Finding> {
  const name = 'snapshots';
  if (snapshots === undefined)
    return { state: 'ok', name, text: 'none are kept (--snapshots names a folder for them)' };
  try {
    const existing = await nearestFolder(snapshots);
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    const text =
      existing === snapshots ? `${(await readdir(snapshots)).length} in ${snapshots}` : `none yet in ${snapshots}`;
    return { state: 'ok', name, text: `${text}, which can be written` };
  } catch (error) {
    const advice = 'Give it to the user that serves';
    return {
      state: 'error',
      name,
      text: `"${snapshots}" cannot be used: ${(error as NodeJS.ErrnoException).code}`,
      advice,
    };
  }
}

/** A folder, or the nearest one above it that exists: a check creates nothing. */
async function nearestFolder(folder: string): Promise<string> {
  const exists = await access(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  return exists || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function lookAtAddress({ service: { hostname, port } }: Config): Promise<Finding> {
  const name = 'address';
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve({
        state: 'error',
        name,
        text: `${hostname}:${port} cannot be listened on (${code})`,
        advice: 'Choose another with --port and --hostname',
      }),
    );
    server.listen(port, hostname, () =>
      server.close(() => resolve({ state: 'ok', name, text: `${hostname}:${port} is free` })),
    );
  });
}

const PROBE = {
  manifest: {
    name: 'doctor',
    version: '1.0.0',
    'directus:extension': {
      type: 'operation',
      path: { app: 'app.js', api: 'index.js' },
      source: { app: 'app.js', api: 'index.js' },
      host: '*',
      sandbox: { enabled: true },
    },
  },
  source: "export default { id: 'doctor', handler: () => 'well' };",
};

async function lookAtSandbox({ limits, pool }: Config): Promise<Finding> {
  const name = 'sandbox';
  const beganMs = performance.now();
  try {
    await using host = await createHost({ limits, pool: { ...pool, maxThreads: 1 } });
    await host.load(PROBE);
    const loadedMs = performance.now();
    await host.operation('doctor');
    const [loadMs, callMs] = [loadedMs - beganMs, performance.now() - loadedMs];
    return { state: 'ok', name, text: `loaded in ${loadMs.toFixed(0)} ms, called in ${callMs.toFixed(1)} ms` };
  } catch (error) {
    const advice = 'Threads or WebAssembly may be restricted here: try it outside of the container';
    return { state: 'error', name, text: error instanceof Error ? error.message : String(error), advice };
  }
}
