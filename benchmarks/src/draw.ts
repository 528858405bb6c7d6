import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { toBarChart } from './draw/bar-chart.js';
import { toLineChart } from './draw/line-chart.js';
import { THEMES } from './draw/svg.js';
import { toReport } from './draw/report.js';
import { readResults } from './results.js';

/** `pnpm bench:draw <results.json> [--out folder]`: tables and charts from a file of results. */

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'docs/benchmarks' } },
});
const [path] = positionals;
if (path === undefined || positionals.length > 1) {
  console.error('Usage: pnpm bench:draw <results.json> [--out folder]');
  process.exit(2);
}
const results = await readResults(path);
await mkdir(values.out, { recursive: true });
for (const suite of results.suites) {
  for (const theme of THEMES) {
    const chart = suite.axis === undefined ? toBarChart(suite, theme) : toLineChart(suite, theme);
    if (chart !== undefined) await writeFile(join(values.out, `${suite.name}-${theme.name}.svg`), chart);
  }
}
console.log(toReport(results));
