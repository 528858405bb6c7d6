import { resolve } from 'node:path';

import { isSandglassError } from '@sandglass/core';

import { scanFolder } from '../../extensions/scan-folder.js';
import type { FleetOperator, NodeError } from '../../fleet/contract.js';
import { loadFleetModule } from '../../fleet/load-module.js';
import { readSource } from '../../fleet/read-source.js';
import { type Args, readText } from '../args.js';
import { type Command, defineCommand } from '../command.js';
import { requireFleetOptions } from '../config/host-options.js';
import { readConfig } from '../config/read-config.js';
import { printStatus } from '../fleet/print-status.js';
import { shortDigest } from '../fleet/short-digest.js';
import type { Io } from '../io.js';
import { isExtension } from '../open-host.js';
import { formatJson } from '../output/safe-json.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { FLEET_ARGS } from '../settings.js';
import { UsageError } from '../usage-error.js';

/** The actions of `sandglass fleet`, and the arguments that each needs. */
const ACTIONS: Readonly<
  Record<string, { needs?: string; run: (fleet: FleetOperator, asked: Asked) => Promise<number> }>
> = {
  push: { needs: '<folder>', run: push },
  status: { run: status },
  rollback: { needs: '<name of an extension>', run: rollback },
  drain: { needs: '<name of a node>', run: drain },
  dead: { needs: 'list, show or requeue', run: dead },
};

/** `sandglass fleet <action>`: what runs on a fleet. */
export const fleetCommand: Command = defineCommand({
  name: 'fleet',
  description:
    'Look after a fleet: push a folder of extensions, show its status, roll back, drain a node, see to dead letters',
  args: {
    action: { type: 'positional', required: true, description: 'push, status, rollback, drain or dead' },
    what: {
      type: 'positional',
      description: 'Folder to push, extension to roll back, node to drain, or list, show, requeue of dead letters',
    },
    number: { type: 'positional', description: 'Of the dead letter to show or to put into the queue again' },
    tolerate: {
      type: 'string',
      hint: 'number',
      description: 'Nodes that may fail to load what is pushed',
      byDefault: '0',
    },
    json: { type: 'boolean', description: 'Print the status as JSON' },
    ...FLEET_ARGS,
  },
  examples: [
    'sandglass fleet push ./extensions --fleet nats://10.0.0.1:4222',
    'sandglass fleet status',
    'sandglass fleet rollback @acme/greeter',
    'sandglass fleet dead requeue 12',
  ],
  async run(args, io) {
    const [name = '', what] = args.positionals;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!action) throw new UsageError(`Unknown action "${name}": it has to be ${Object.keys(ACTIONS).join(', ')}`);
    if (action.needs !== undefined && what === undefined) throw new UsageError(`${action.needs} is missing`);
    const options = requireFleetOptions(await readConfig(io, args.values));
    await using fleet = await (await loadFleetModule()).connectOperator(options);
    return await action.run(fleet, { args, io, what: what ?? '' });
  },
});

/** The arguments of an action. */
interface Asked {
  args: Args;
  io: Io;
  what: string;
}

async function push(fleet: FleetOperator, { args, io, what }: Asked): Promise<number> {
  const folder = resolve(io.cwd, what);
  const folders = (await isExtension(folder)) ? [folder] : await scanFolder(folder);
  if (folders.length === 0) throw new UsageError(`"${folder}" has no sandboxed extension`, false);
  const tolerate = readTolerated(args);
  let failures = 0;
  for (const one of folders) {
    try {
      const { name, revision, isChanged, nodes, failed } = await fleet.push(
        { source: await readSource(one) },
        { tolerate },
      );
      const how = isChanged ? `revision ${revision}, ready on ${count(nodes.length, 'node')}` : 'is active already';
      io.stdout.write(`ok     ${formatForTerminal(name)}: ${how}\n${listFailed(failed)}`);
    } catch (error) {
      if (!isSandglassError(error)) throw error;
      failures += 1;
      io.stderr.write(`failed ${formatForTerminal(`${error.message} (${error.code})`)}\n`);
    }
  }
  return failures > 0 ? 1 : 0;
}

async function status(fleet: FleetOperator, { args, io }: Asked): Promise<number> {
  const found = await fleet.status();
  if (args.values['json'] === true) io.stdout.write(`${formatJson(found)}\n`);
  else printStatus(found, io);
  return 0;
}

async function rollback(fleet: FleetOperator, { io, what }: Asked): Promise<number> {
  const { name, revision, hash } = await fleet.rollback(what);
  io.stdout.write(`ok     ${formatForTerminal(name)}: revision ${revision}, bundle ${shortDigest(hash)}\n`);
  return 0;
}

async function drain(fleet: FleetOperator, { io, what }: Asked): Promise<number> {
  await fleet.drain(what);
  io.stdout.write(`ok     ${formatForTerminal(what)} takes no new work\n`);
  return 0;
}

async function dead(fleet: FleetOperator, { args, io, what }: Asked): Promise<number> {
  if (what === 'list') {
    for (const { number, work, code, tries, effects } of await fleet.deadLetters()) {
      const aim = work.kind === 'action' ? `${work.event} for ${work.extension}` : `operation ${work.operation}`;
      const line = `${number}  ${aim}: ${code} after ${tries === 1 ? '1 try' : `${tries} tries`}, effects ${effects}`;
      io.stdout.write(`${formatForTerminal(line)}\n`);
    }
    return 0;
  }
  if (what !== 'show' && what !== 'requeue')
    throw new UsageError(`Unknown word "${what}": it has to be list, show or requeue`);
  const number = readNumber(args.positionals[2]);
  if (what === 'show') io.stdout.write(`${formatJson(await fleet.deadLetter(number))}\n`);
  else io.stdout.write(`ok     ${number} is in the queue again as ${formatForTerminal(await fleet.requeue(number))}\n`);
  return 0;
}

function readNumber(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw new UsageError('<number of the dead letter> is missing');
  return Number(text);
}

function readTolerated(args: Args): number {
  const text = readText(args, 'tolerate') ?? '0';
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--tolerate is "${text}": it has to be a number of nodes`);
  return Number(text);
}

function listFailed(failed: Readonly<Record<string, NodeError>>): string {
  const lines = Object.entries(failed).map(
    ([node, { code, message }]) => `       not on ${formatForTerminal(`${node}: ${message} (${code})`)}\n`,
  );
  return lines.join('');
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}
