// Lines of comments and of prose have at most 100 columns. Prints each that has more, and exits
// with 1 if there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { parseSync } from 'oxc-parser';

const COLUMNS = 100;
/** Pages that are generated, and the programs of the corpus. */
const LEFT_OUT = /^(docs\/api\.md|docs\/benchmarks\/results\.md|test\/corpus\/|pnpm-lock)/;
/** A directive for a tool, or a word that cannot be broken. */
const UNBREAKABLE = /oxlint-|@ts-|\S{60,}/;

const files = execFileSync('git', ['ls-files', '*.ts', '*.mts', '*.mjs', '*.js', '*.md'], { encoding: 'utf8' });
let found = 0;
for (const file of files
  .trim()
  .split('\n')
  .filter((name) => !LEFT_OUT.test(name))) {
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const index of file.endsWith('.md') ? proseOf(lines) : commentsOf(file, lines)) {
    const line = lines[index];
    if (line.length <= COLUMNS || UNBREAKABLE.test(line)) continue;
    console.error(`${file}:${index + 1}: ${line.length} columns`);
    found += 1;
  }
}
process.exitCode = found > 0 ? 1 : 0;

/** Lines that a comment stands on. */
function commentsOf(file, lines) {
  const { comments } = parseSync(file, lines.join('\n'));
  const found = new Set();
  const starts = [0];
  for (const line of lines) starts.push(starts.at(-1) + line.length + 1);
  const lineAt = (offset) => starts.findLastIndex((start) => start <= offset);
  for (const { start, end } of comments) for (let i = lineAt(start); i <= lineAt(end - 1); i++) found.add(i);
  return found;
}

/** Lines of prose: no tables, no code, no markup. */
function proseOf(lines) {
  let isCode = false;
  return lines.flatMap((line, index) => {
    if (/^\s*```/.test(line)) isCode = !isCode;
    return isCode || /^\s*(\||<|\[[^\]]+\]:)/.test(line) ? [] : [index];
  });
}
