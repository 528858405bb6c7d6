import { findInstalledPeers } from './peers/install.js';
import { parseRunCommand, runCommand } from './run/command.js';
import { readVersions } from './run/versions.js';
import { createEngineSuites } from './suites/engine.js';
import { createGateSuites } from './suites/gate.js';
import { createHttpSuites } from './suites/http.js';
import { createMemorySuites } from './suites/memory.js';
import { createPoolSuites } from './suites/pool.js';
import { createScaleSuites } from './suites/scale.js';
import { createStartSuites } from './suites/start.js';

/** `pnpm bench`: our own suites. */

const BUDGET_MS = 15 * 60_000;

const command = parseRunCommand(process.argv.slice(2), 'benchmarks/results/bench.json');
const peers = await findInstalledPeers();
await runCommand(
  command,
  ({ serverUrl }) => [
    ...createEngineSuites(),
    ...createPoolSuites(),
    ...createGateSuites(serverUrl),
    ...createHttpSuites(),
    ...createStartSuites(peers),
    ...createMemorySuites(),
    ...createScaleSuites(),
  ],
  { versions: await readVersions(), absent: [] },
  BUDGET_MS,
);
