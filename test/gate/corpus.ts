import { readFileSync } from 'node:fs';

/** Rows of a corpus file. Its first element is a comment. */
export function readCorpus<Row>(name: string): Row[] {
  const text = readFileSync(new URL(`../corpus/${name}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as Row[]).slice(1);
}
