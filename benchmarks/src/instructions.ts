import { canCount } from './instructions/count.js';
import { runInstructionSuite } from './instructions/suite.js';
import { writeRun } from './run/command.js';
import { describeMachine } from './run/machine.js';
import { createProgress } from './run/progress.js';
import { readVersions } from './run/versions.js';
import { toTable } from './draw/table.js';
import { createHotPath } from './suites/engine.js';

/**
 * `pnpm bench:instructions [file]`: machine instructions of the engine's hot path, as good as the
 * same on a busy machine.
 */

if (!(await canCount())) {
  console.error('Cannot count instructions: valgrind is not installed (Debian and Ubuntu: apt-get install valgrind)');
  process.exit(2);
}
const started = new Date();
const subjects = createHotPath();
using progress = createProgress();
let done = 0;
const suite = await runInstructionSuite(subjects, {
  onSubject: (name) => progress.show(done++ / subjects.length, `counts ${name}`),
});
progress.print(toTable(suite));
await writeRun(process.argv[2] ?? 'benchmarks/results/instructions.json', {
  machine: describeMachine(),
  versions: { node: process.versions.node, ...(await readVersions()) },
  startedAt: started.toISOString(),
  durationMs: Date.now() - started.getTime(),
  seed: 0,
  suites: [suite],
  absent: [],
});
