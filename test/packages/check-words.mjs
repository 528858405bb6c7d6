// Finds names of this project's own where the field has a term (docs/glossary.md): in code, also as
// parts of identifiers, in comments and in pages. Prints each, and exits with 1 if there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Each with the term that stands for it. */
const TERMS = {
  'put(s|ting)? back': 'restore',
  'trails?': 'a chain of outgrown tables',
  haste: 'interruptSoon',
  patience: 'AdaptiveSpin, or a time limit',
  'linger(s|ing)?': 'spin, then park',
  'vigils?': 'EventLoopSpin',
  'courtesy|courtesies': 'core yield',
  'suspicions?': 'needs-parsing',
  'feels? (the )?pulse': 'checkHeartbeat',
  'as never': 'a type that is right, or @ts-expect-error',
};
/** What is generated from packages of others, and this list. */
const LEFT_OUT = new Set(['pnpm-lock.yaml', 'test/packages/check-words.mjs']);

const root = fileURLToPath(new URL('../../', import.meta.url));
const patterns = Object.entries(TERMS).map(([word, term]) => [toPattern(word), term]);
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
let found = 0;
for (const file of files.filter((name) => !LEFT_OUT.has(name))) {
  const text = readFileSync(`${root}${file}`, 'utf8');
  if (text.includes('\0')) continue; // binary
  const words = `${file}\n${text}`.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').replaceAll('_', '-');
  for (const [pattern, term] of patterns)
    for (const { 0: word, index } of words.matchAll(pattern)) {
      const line = words.slice(0, index).split('\n').length - 1;
      console.error(`${file}:${line}: "${word.replaceAll(/\s+/g, ' ')}" is "${term}" here`);
      found += 1;
    }
}
console.log(`${files.length} files, ${found} words that have another term`);
process.exitCode = found > 0 ? 1 : 0;

/** Of words that may stand on two lines of a comment, or be parts of an identifier. */
function toPattern(word) {
  return new RegExp(`\\b(?:${word.replaceAll(' ', '[\\s*/#-]+')})\\b`, 'gi');
}
