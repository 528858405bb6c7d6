// Calls of two owners on four runners, while runners are killed, the server is restarted and one
// runner's network is cut. Prints what an outside ledger saw. Linux; the network is cut only for
// root, who may make network namespaces. Usage: node test/fleet/chaos.mjs [calls=200000]
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { startNatsServer } from '../../packages/fleet/dist/testing/nats-server.js';

const total = Number(process.argv[2] ?? 200_000);
const OWNERS = 2;
const RUNNERS = 4;
/** Runners that are killed: `ip` would die in the place of the other one. */
const NEAR = 3;
const KILL_EVERY_MS = 6_000;
const CUT_EVERY_MS = 20_000;
const CUT_FOR_MS = 6_000;
const RESTART_EVERY_MS = 25_000;
const NAMESPACE = `sandglass-${process.pid}`;
/** Of a test network (RFC 5737): the server's side, and the runner's. */
const ADDRESSES = ['198.51.100.1', '198.51.100.2'];

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
const env = { ...process.env, PATH };
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const children = new Set();
const isCut = makeNetwork();

const effects = new Map();
const ledger = createServer((request, response) => {
  effects.set(request.url, (effects.get(request.url) ?? 0) + 1);
  response.end('"done"');
});
await new Promise((resolve) => ledger.listen(0, '127.0.0.1', resolve));
const server = await startNatsServer(isCut ? { args: ['-a', '0.0.0.0'] } : {});
const state = { isOver: false };
const faults = { kills: 0, cuts: 0, restarts: 0 };
const startedMs = performance.now();
try {
  const runners = Array.from({ length: RUNNERS }, (_, i) => keepRunner(i));
  const owners = Array.from({ length: OWNERS }, (_, i) => startOwner(i));
  const troubles = [
    every(KILL_EVERY_MS, () => {
      faults.kills += 1;
      runners[faults.kills % NEAR].child.kill('SIGKILL');
    }),
    every(RESTART_EVERY_MS, async () => {
      faults.restarts += 1;
      await server.kill();
      await server.start();
    }),
    isCut &&
      every(CUT_EVERY_MS, async () => {
        faults.cuts += 1;
        execFileSync('ip', ['link', 'set', link(0), 'down'], { env });
        await delay(CUT_FOR_MS);
        execFileSync('ip', ['link', 'set', link(0), 'up'], { env });
      }),
  ];
  const reports = await Promise.all(owners);
  state.isOver = true;
  await Promise.all(troubles);
  print(reports);
} finally {
  state.isOver = true;
  for (const child of children) child.kill('SIGKILL');
  ledger.closeAllConnections();
  ledger.close();
  if (isCut) execFileSync('ip', ['netns', 'del', NAMESPACE], { env });
  await server.stop();
}

function link(side) {
  return `sg${process.pid}${side === 0 ? 'a' : 'b'}`;
}

/** A network of its own for the last runner. @returns whether there is one */
function makeNetwork() {
  const ip = (...args) => execFileSync('ip', args, { env, stdio: ['ignore', 'ignore', 'ignore'] });
  try {
    ip('netns', 'add', NAMESPACE);
    ip('link', 'add', link(0), 'type', 'veth', 'peer', 'name', link(1), 'netns', NAMESPACE);
    ip('addr', 'add', `${ADDRESSES[0]}/30`, 'dev', link(0));
    ip('link', 'set', link(0), 'up');
    ip('netns', 'exec', NAMESPACE, 'ip', 'addr', 'add', `${ADDRESSES[1]}/30`, 'dev', link(1));
    ip('netns', 'exec', NAMESPACE, 'ip', 'link', 'set', link(1), 'up');
    return true;
  } catch {
    console.error('No network namespace can be made here: the network is not cut');
    return false;
  }
}

function start(program, args, output = 'ignore') {
  const child = spawn(program, args, { env, stdio: ['ignore', output, 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Starts a runner again whenever it has died. */
function keepRunner(i) {
  const kept = { child: undefined };
  const isFar = isCut && i === RUNNERS - 1;
  const url = isFar ? `nats://${ADDRESSES[0]}:${server.port}` : server.url;
  const command = [process.execPath, file('chaos-runner.mjs'), url, `runner-${i}`];
  const [program, ...args] = isFar ? ['ip', 'netns', 'exec', NAMESPACE, ...command] : command;
  const run = () => {
    if (state.isOver) return;
    kept.child = start(program, args);
    kept.child.once('exit', run);
  };
  run();
  return kept;
}

/** @returns what the owner has counted. */
async function startOwner(i) {
  const input = { url: server.url, owner: i, calls: total / OWNERS, ledger: ledger.address().port };
  const child = start(process.execPath, [file('chaos-owner.mjs'), JSON.stringify(input)], 'pipe');
  let report;
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('{')) report = JSON.parse(line);
    else console.error(`owner ${i}: ${line}, ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  }
  return report;
}

async function every(ms, strike) {
  while (!state.isOver) {
    await delay(ms);
    if (!state.isOver) await strike();
  }
}

function print(reports) {
  const sum = (key) => reports.reduce((all, report) => all + (report?.[key] ?? Number.NaN), 0);
  const counts = {};
  for (const report of reports)
    for (const [how, count] of Object.entries(report?.counts ?? {})) counts[how] = (counts[how] ?? 0) + count;
  const doubled = [...effects.values()].filter((count) => count > 1).length;
  const settled = Object.values(counts).reduce((all, count) => all + count, 0);
  const rows = {
    calls: total,
    ...counts,
    lost: total - settled,
    'settled twice': sum('twice'),
    'calls with an effect': effects.size,
    'effects doubled': doubled,
    'lost with no effect': sum('lostWithoutEffect'),
    'runs begun again': sum('reruns'),
    'runners killed': faults.kills,
    'server restarted': faults.restarts,
    'network cut': faults.cuts,
    seconds: ((performance.now() - startedMs) / 1_000).toFixed(1),
  };
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(24)}${String(value).padStart(12)}`);
  process.exitCode = total === settled && sum('twice') === 0 && doubled === 0 ? 0 : 1;
}
