import { parseRunCommand, runCommand } from './run/command.js';
import { readVersions } from './run/versions.js';
import { createEngineSuites } from './suites/engine.js';

/** `pnpm bench`: our own suites. */

const command = parseRunCommand(process.argv.slice(2), 'benchmarks/results/bench.json');
await runCommand(command, () => [...createEngineSuites()], { versions: await readVersions(), absent: [] });
