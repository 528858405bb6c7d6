import { installPeers } from './peers/install.js';
import { createPeerSuites } from './peers/suites.js';
import { parseRunCommand, runCommand } from './run/command.js';

/** `pnpm bench:peers`: installs the peers and measures all of them side by side. */

/** Two cores take less; a slower machine gets fewer launches instead of more time. */
const TIME_LIMIT_MS = 20 * 60_000;

const command = parseRunCommand(process.argv.slice(2), 'benchmarks/results/peers.json');
const { installed, absent } = await installPeers((name) => console.error(`Installs ${name}`));
const versions = Object.fromEntries(installed.map(({ peer }) => [peer.name, peer.packages.join(', ') || 'built in']));
await runCommand(command, ({ serverUrl }) => createPeerSuites(installed, serverUrl), {
  versions,
  absent,
  timeLimitMs: TIME_LIMIT_MS,
});
