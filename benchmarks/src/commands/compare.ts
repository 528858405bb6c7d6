import { parseArgs } from 'node:util';

import { type Change, compareResults } from '../compare/compare.js';
import type { Verdict } from '../compare/verdict.js';
import { formatRatio } from '../draw/format.js';
import { readResults } from '../results.js';

const USAGE = `Usage: pnpm bench:compare <old.json> <new.json> [--threshold 10%] [--all]

Exits 0 when nothing became worse by more than the threshold, 1 when something did, 2 on wrong usage.`;

const ORDER: readonly Verdict[] = ['worse', 'better', 'noise', 'unchanged'];

/** Parses `10%` or `0.1` to 0.1. */
export function parseThreshold(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match ? Number(match[1]) / (match[2] ? 100 : 1) : Number.NaN;
  if (!(value > 0 && value < 10))
    throw new TypeError(`Cannot use "${text}" as threshold: give a percentage, for example 10%`);
  return value;
}

/** Compares two files and prints what changed. Resolves to the exit code. */
export async function compareCommand(args: string[], print: (line: string) => void = console.log): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { threshold: { type: 'string', default: '10%' }, all: { type: 'boolean', default: false } },
    });
    if (parsed.positionals.length !== 2) throw new TypeError('Two files are needed');
    parseThreshold(parsed.values.threshold);
  } catch (error) {
    print(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const [before, after] = await Promise.all(parsed.positionals.map((path) => readResults(path)));
  if (!before || !after) return 2;

  const changes = compareResults(before, after, parseThreshold(parsed.values.threshold));
  const shown = changes.filter(({ verdict }) => parsed.values.all || verdict !== 'unchanged');
  for (const verdict of ORDER) {
    for (const change of shown.filter((candidate) => candidate.verdict === verdict)) print(toLine(change));
  }
  print(
    ORDER.map((verdict) => `${changes.filter((change) => change.verdict === verdict).length} ${verdict}`).join(', '),
  );
  return changes.some(({ verdict }) => verdict === 'worse') ? 1 : 0;
}

function toLine({ suite, subject, verdict, ratio, normalised }: Change): string {
  const interval = `${formatRatio(ratio.value)} (${formatRatio(ratio.low)} to ${formatRatio(ratio.high)})`;
  return `${verdict.padEnd(9)} ${interval.padEnd(28)} ${suite} › ${subject}${normalised ? '' : ' [not normalised]'}`;
}
