import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { drawCharts } from './draw/charts.js';
import { keepResults, readKept, rewriteBlock } from './draw/kept.js';
import { toLosses } from './draw/losses.js';
import { toReport } from './draw/report.js';
import { parseOrExit } from './run/parse-or-exit.js';

/**
 * `pnpm bench:draw [results.json …]`: keeps the files given, compact, beside those kept before, and
 * makes the charts and the tables of the documentation from all that is kept.
 */

const USAGE = `Usage: pnpm bench:draw [results.json …] [--charts folder] [--document file]

Keeps the files given beside those kept before, and draws the charts and tables of all that is kept.`;

const options = {
  charts: { type: 'string', default: 'docs/charts' },
  document: { type: 'string', default: 'docs/benchmarks/results.md' },
} as const;
const { positionals, values } = parseOrExit(USAGE, { allowPositionals: true, options }, (parsed) => parsed);
for (const path of positionals) await keepResults(path, values.charts);
const kept = await readKept(values.charts);
if (kept.length === 0) {
  console.error('Nothing to draw: give the files of results that `pnpm bench` and `pnpm bench:peers` have written');
  process.exit(2);
}
const all = kept.map(({ results }) => results);
const charts = drawCharts(all);
for (const [name, chart] of charts) await writeFile(join(values.charts, name), chart);
await rewriteBlock(values.document, 'losses', toLosses(all));
await rewriteBlock(values.document, 'results', all.map(toReport).join('\n\n'));
console.log(
  `${charts.size} charts and the tables of ${values.document} from ${kept.map(({ name }) => name).join(', ')}`,
);
