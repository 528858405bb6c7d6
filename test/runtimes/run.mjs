/**
 * Runs the contract suite on every runtime, and prints a table of what runs where.
 *
 * `node test/runtimes/run.mjs [node20|node22|node24|node26|bun|deno|workerd|browser …]`; all
 * without arguments. It brings the runtimes from npm into a cache the first time. Exits with 1 if a
 * test fails.
 */
import { fileURLToPath } from 'node:url';

import { runInBrowser } from './browser/run.mjs';
import { run } from './install.mjs';
import { HOST_RUNTIMES } from './runtimes.mjs';
import { runInWorkerd } from './workerd/run.mjs';

const SUITES = { engine: ['engine.mjs'], inline: ['main.mjs', 'inline'], workers: ['main.mjs', 'workers'] };
const EMBEDDED = { workerd: runInWorkerd, browser: runInBrowser };

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : [...Object.keys(HOST_RUNTIMES), ...Object.keys(EMBEDDED)];
const rows = [];
for (const name of names) rows.push({ name, ...(await runRow(name)) });
print(rows);
process.exitCode = rows.some(({ suites }) =>
  Object.values(suites)
    .flat()
    .some(({ state }) => state === 'failed'),
)
  ? 1
  : 0;

/** A runtime that cannot be brought or started is a failure of its row alone. */
async function runRow(name) {
  try {
    if (name in HOST_RUNTIMES) return await runHostRuntime(await HOST_RUNTIMES[name]());
    if (!(name in EMBEDDED)) throw new TypeError(`unknown runtime "${name}"`);
    const { version = '', results } = await EMBEDDED[name]();
    return { version, suites: { engine: results } };
  } catch (error) {
    return {
      version: '',
      suites: { engine: [{ name: 'starts', state: 'failed', reason: String(error?.stack ?? error) }] },
    };
  }
}

async function runHostRuntime([command, ...options]) {
  const version = (await run(command, ['--version'])).match(/\d+\.\d+\.\d+/)?.[0] ?? '';
  const suites = {};
  for (const [suite, [file, ...args]] of Object.entries(SUITES))
    suites[suite] = await runFile(command, [...options, path(file), ...args]);
  return { version, suites };
}

async function runFile(command, args) {
  try {
    const line = (await run(command, args)).split('\n').find((text) => text.startsWith('[{'));
    return JSON.parse(line ?? '[{"name":"prints its results","state":"failed","reason":""}]');
  } catch (error) {
    return [{ name: 'runs to its end', state: 'failed', reason: String(error) }];
  }
}

function path(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}

function print(rows) {
  console.log(`| runtime | version | ${Object.keys(SUITES).join(' | ')} |`);
  console.log('|---|---|---|---|---|');
  for (const { name, version, suites } of rows) {
    console.log(
      `| ${name} | ${version} | ${Object.keys(SUITES)
        .map((suite) => toCell(suites[suite]))
        .join(' | ')} |`,
    );
  }
  for (const { name, suites } of rows) {
    for (const [suite, results] of Object.entries(suites)) {
      for (const result of results) {
        if (result.state === 'failed') console.log(`\n${name}, ${suite}: ${result.name}\n${result.reason}`);
      }
    }
  }
}

function toCell(results) {
  if (!results) return '–';
  const count = (state) => results.filter((result) => result.state === state).length;
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : '';
  return count('failed') > 0 ? `${count('failed')} of ${results.length} failed` : `${count('passed')} passed${skipped}`;
}
