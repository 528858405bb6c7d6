/**
 * Compares the bare engine with a guest in the sandbox, test by test, over the language and
 * built-ins parts of test262.
 *
 *     pnpm build
 *     git clone --depth 1 https://github.com/tc39/test262 <folder>
 *     node test/test262/run.mjs <folder> [--filter <part of a path>] [--shard <i>/<n>]
 *
 * Each test runs sloppy, strict or both, as its header asks, in a fresh context of
 * quickjs-emscripten as it is published and in a pristine sandbox, both evaluating harness and test
 * with an indirect eval, in UTC, under the same limits. A test that is a module is evaluated as
 * one, in the sandbox as an extension's entrypoint; modules that import are left out, a guest has
 * nothing to import. Prints the runs that end differently on the two sides, those that are intended
 * by their number, and the counts; exits with 1 if there is a difference that is not in
 * `intended.json`, with 2 if it is not called as above.
 *
 * `intended.json` is a list of `{ path, bare, guest, reason }`: `path` is exact or, ending in `/`,
 * a folder; `bare` and `guest` are the names of the outcomes, so that another difference of the
 * same test is still one.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { Side } from './side.mjs';
import { listTests, TestReader } from './tests.mjs';

process.env.TZ = 'UTC'; // the sandbox has no other zone; threads inherit it

const USAGE = 'usage: run.mjs <folder of test262> [--filter <part of a path>] [--shard <i>/<n>]';

const { folder, filter, shard, shards } = parseCommandLine();
const paths = (await listTests(folder, filter)).filter((_, i) => i % shards === shard - 1);
const reader = new TestReader(folder);

const [bare, guest] = await Promise.all([runAll('bare'), runAll('guest')]);
const intended = JSON.parse(await readFile(new URL('./intended.json', import.meta.url), 'utf8'));
process.exitCode = report() > 0 || bare.size === 0 ? 1 : 0;

function parseCommandLine() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { filter: { type: 'string', default: '' }, shard: { type: 'string', default: '1/1' } },
    });
    const [, i, n] = /^(\d+)\/(\d+)$/.exec(values.shard) ?? [];
    if (positionals.length !== 1 || !(Number(i) >= 1 && Number(i) <= Number(n))) throw new TypeError('wrong arguments');
    return { folder: positionals[0], filter: values.filter, shard: Number(i), shards: Number(n) };
  } catch {
    console.error(USAGE);
    process.exit(2);
  }
}

/** @returns {Promise<Map<string, { outcome: string, expected: string }>>} by the name of the run */
async function runAll(name) {
  const side = new Side(name);
  const results = new Map();
  for (const [i, path] of paths.entries()) {
    for (const test of await reader.read(path)) {
      results.set(test.name, { outcome: await side.run(test), expected: test.expected });
    }
    if (i % 5_000 === 4_999) console.error(`${name}: ${i + 1} of ${paths.length} tests`);
  }
  await side.close();
  return results;
}

/**
 * Prints the differences, those that are intended by their number, and the counts. @returns how
 * many are not intended
 */
function report() {
  const counts = { bare: 0, guest: 0, different: 0 };
  const reasons = new Map();
  for (const [name, { outcome, expected }] of bare) {
    const other = guest.get(name).outcome;
    const names = { bare: nameOf(outcome), guest: nameOf(other) };
    if (names.bare === expected) counts.bare++;
    if (names.guest === expected) counts.guest++;
    if (names.bare === names.guest) continue;
    const reason = intended.find((entry) => fits(entry, name, names))?.reason;
    if (reason) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    } else {
      counts.different++;
      console.log(`${name}\n  bare:  ${outcome}\n  guest: ${other}`);
    }
  }
  for (const [reason, count] of reasons) console.log(`intended, ${count} runs: ${reason}`);
  console.log(`${paths.length} tests, ${bare.size} runs: ${counts.bare} pass bare, ${counts.guest} as a guest`);
  console.log(`${counts.different} differences that are not intended`);
  return counts.different;
}

function nameOf(outcome) {
  return outcome.split(':', 1)[0];
}

function fits(entry, name, names) {
  const path = name.replace(' (strict)', '');
  const isThere = entry.path.endsWith('/') ? path.startsWith(entry.path) : path === entry.path;
  return isThere && entry.bare === names.bare && entry.guest === names.guest;
}
