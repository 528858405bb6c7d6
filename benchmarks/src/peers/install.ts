import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { ABSENT, type Peer, PEERS } from './catalogue.js';

const run = promisify(execFile);
/** Outside of the workspace's own install; git ignores it. */
const FOLDER = new URL('../../.peers/', import.meta.url);
const FILES = new URL('../../peers/', import.meta.url);
/** Says which packages a folder holds; written when all of them are there. */
const DONE = 'installed.json';
/** isolated-vm compiles for about 80 s on two cores. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** A peer that is ready to be opened. */
export interface InstalledPeer {
  peer: Peer;
  /** URL of its adapter. */
  adapter: string;
}

export interface Installation {
  installed: InstalledPeer[];
  absent: { name: string; reason: string }[];
}

/**
 * Installs every peer that runs on this Node, each in a folder of its own, and copies its adapter
 * beside it.
 *
 * @param onPeer told of each peer before it is installed.
 */
export async function installPeers(
  onPeer: (name: string) => void,
  peers: readonly Peer[] = PEERS,
): Promise<Installation> {
  const result: Installation = { installed: [], absent: [...ABSENT] };
  for (const name of new Set(peers.map((peer) => peer.name))) {
    const versions = peers.filter((peer) => peer.name === name);
    const peer = versions.find((candidate) => fits(candidate, nodeMajor()));
    if (!peer) {
      result.absent.push({ name, reason: explainNode(versions) });
      continue;
    }
    onPeer(name);
    try {
      result.installed.push({ peer, adapter: await installPeer(peer) });
    } catch (error) {
      result.absent.push({ name, reason: `${explainFailure(error)}. ${explainNode(versions)}` });
    }
  }
  return result;
}

/** The peers that are there already. Installs nothing. */
export async function findInstalledPeers(peers: readonly Peer[] = PEERS): Promise<InstalledPeer[]> {
  const fitting = peers.filter((peer) => fits(peer, nodeMajor()));
  const found = await Promise.all(
    fitting.map(async (peer) => ((await isInstalled(peer)) ? { peer, adapter: await copyFiles(peer) } : undefined)),
  );
  return found.filter((peer) => peer !== undefined);
}

/** Whether a peer runs on a major version of Node. */
export function fits({ node }: Peer, major: number): boolean {
  return !node || (major >= node.min && major < (node.below ?? Number.POSITIVE_INFINITY));
}

/** Says on which Node a peer runs and how to get one. */
export function explainNode(versions: readonly Peer[]): string {
  const lines = versions.map(({ packages, node }) => {
    const range = node?.below ? `Node ${node.min} to ${node.below - 1}` : `Node ${node?.min ?? 20} and later`;
    return `${packages[0] ?? 'it'} runs on ${range} (npm install node@${node?.min ?? 20})`;
  });
  return lines.join('; ');
}

async function installPeer(peer: Peer): Promise<string> {
  const adapter = await copyFiles(peer);
  if (await isInstalled(peer)) return adapter;
  const folder = folderOf(peer);
  const allowed = Object.fromEntries((peer.builds ?? []).map((name) => [name, true]));
  await writeFile(new URL('package.json', folder), JSON.stringify({ private: true, allowScripts: allowed }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...peer.packages], {
    cwd: folder,
    timeout: INSTALL_TIMEOUT_MS,
    shell: process.platform === 'win32', // npm is a script there
  });
  await writeFile(new URL(DONE, folder), JSON.stringify(peer.packages));
  return adapter;
}

/** Puts a peer's files beside its packages. @returns URL of its adapter */
async function copyFiles(peer: Peer): Promise<string> {
  const folder = folderOf(peer);
  await mkdir(folder, { recursive: true });
  for (const file of peer.files) await cp(new URL(file, FILES), new URL(file, folder));
  return new URL(peer.files[0], folder).href;
}

async function isInstalled(peer: Peer): Promise<boolean> {
  if (peer.packages.length === 0) return true;
  const done = await readFile(new URL(DONE, folderOf(peer)), 'utf8').catch(() => '');
  return done === JSON.stringify(peer.packages);
}

/** Node's own version is part of the name: a native addon fits one of them only. */
function folderOf({ name }: Peer): URL {
  return new URL(`${name.replace(/\W+/g, '-').replace(/^-/, '')}-node${nodeMajor()}/`, FOLDER);
}

function nodeMajor(): number {
  return Number.parseInt(process.versions.node, 10);
}

function explainFailure(error: unknown): string {
  const output =
    typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
  const lines = output.split('\n').filter((line) => /err/i.test(line));
  return `npm install failed: ${(lines.at(0) ?? output).trim().slice(0, 200)}`;
}
