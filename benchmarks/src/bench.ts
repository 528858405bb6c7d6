import { canCount } from './instructions/count.js';
import { runInstructionSuite } from './instructions/suite.js';
import { findInstalledPeers } from './peers/install.js';
import { parseRunCommand, runCommand } from './run/command.js';
import type { SuiteResult } from './results.js';
import { readVersions } from './run/versions.js';
import { createEngineSuites, createHotPath } from './suites/engine.js';
import { createGateSuites } from './suites/gate.js';
import { createHttpSuites } from './suites/http.js';
import { createLoopBlockSuites } from './suites/loop-blocks.js';
import { createMemorySuites } from './suites/memory.js';
import { createPoolSuites } from './suites/pool.js';
import { createScaleSuites } from './suites/scale.js';
import { createStartSuites } from './suites/start.js';
import { createWorkloadSuites } from './suites/workloads.js';

/**
 * `pnpm bench`: our own suites, and the instructions of the engine's hot path where valgrind can
 * count them.
 */

/** Two cores take less; a slower machine gets fewer launches instead of more time. */
const TIME_LIMIT_MS = 11 * 60_000;

const command = parseRunCommand(process.argv.slice(2), 'benchmarks/results/bench.json');
const peers = await findInstalledPeers();
await runCommand(
  command,
  async ({ serverUrl }) => [
    ...createEngineSuites(),
    ...createPoolSuites(),
    ...createGateSuites(serverUrl),
    ...(await createWorkloadSuites(serverUrl)),
    ...createHttpSuites(),
    ...createStartSuites(peers),
    ...createMemorySuites(),
    ...createScaleSuites(),
    ...createLoopBlockSuites(),
  ],
  { versions: await readVersions(), timeLimitMs: TIME_LIMIT_MS, more: countInstructions },
);

async function countInstructions(): Promise<SuiteResult[]> {
  const name = 'instructions';
  if (command.quick || !command.only.test(name) || !(await canCount())) return [];
  console.error("Counts the instructions of the engine's hot path");
  // At once: a count is the same whatever else runs.
  const [first, ...rest] = await Promise.all(
    createHotPath().map((subject) => runInstructionSuite([subject], { launches: 1 })),
  );
  first?.subjects.push(...rest.flatMap(({ subjects }) => subjects));
  return first ? [first] : [];
}
