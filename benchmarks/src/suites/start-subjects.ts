import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { Subject } from '../run/subject.js';
import { toOperation } from './host-extension.js';

/** What a new process does up to its first response. */
export type StartJob =
  | { kind: 'nothing' }
  /** A handler without a sandbox. @param module URL of the operation */
  | { kind: 'module'; module: string }
  | { kind: 'host'; extensions: string; snapshots?: string; threads: number | 'inline' }
  | { kind: 'peer'; adapter: string; open: string; script: string };

export interface StartInput {
  sandbox: 'none' | 'module' | 'peer' | number | 'inline';
  /** Leaves `handler` on the global object. */
  script: string;
  /** Whether an earlier process has left a snapshot. */
  snapshots?: boolean;
  peer?: { adapter: string; open: string; nodeFlags: readonly string[] };
  measure: 'time' | 'memory';
}

interface Answer {
  timeNs: number;
  residentBytes: number;
}

const PROGRAM = fileURLToPath(new URL('start-program.js', import.meta.url));

/** Time from a process' start to its first response, or its resident memory then. */
export async function openStart(input: StartInput): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-bench-'));
  const job = await prepare(input, folder);
  const flags = input.peer?.nodeFlags ?? [];
  // fills the disk's cache, and leaves the snapshot where there is to be one
  await start(job, flags);
  return {
    async sample() {
      const { timeNs, residentBytes } = await start(job, flags);
      return input.measure === 'time' ? timeNs : residentBytes;
    },
    close: () => rm(folder, { recursive: true }),
  };
}

async function prepare({ sandbox, script, snapshots, peer }: StartInput, folder: string): Promise<StartJob> {
  if (sandbox === 'none') return { kind: 'nothing' };
  if (sandbox === 'peer') {
    if (!peer) throw new TypeError('A peer is needed');
    return { kind: 'peer', adapter: peer.adapter, open: peer.open, script };
  }
  if (sandbox === 'module') {
    const file = join(folder, 'handler.mjs');
    await writeFile(file, `${script}\nexport default { handler };\n`);
    return { kind: 'module', module: pathToFileURL(file).href };
  }
  const { manifest, source } = toOperation(script);
  const extensions = join(folder, 'extensions');
  await mkdir(join(extensions, 'bench'), { recursive: true });
  await writeFile(join(extensions, 'bench', 'package.json'), JSON.stringify(manifest));
  await writeFile(join(extensions, 'bench', 'index.js'), source);
  return { kind: 'host', extensions, threads: sandbox, ...(snapshots ? { snapshots: join(folder, 'snapshots') } : {}) };
}

async function start(job: StartJob, flags: readonly string[]): Promise<Answer> {
  const startNs = process.hrtime.bigint();
  const child = spawn(process.execPath, [...flags, PROGRAM, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  for await (const line of createInterface({ input: child.stdout })) {
    const timeNs = Number(process.hrtime.bigint() - startNs);
    await exited;
    return { timeNs, residentBytes: (JSON.parse(line) as Answer).residentBytes };
  }
  throw new Error(`The process ended with ${(await exited)[0]} and no answer`);
}
