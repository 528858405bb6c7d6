import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { toOperation } from './to-operation.mjs';

const FOLDER = new URL('../corpus/', import.meta.url);

/** A case of the corpus as an operation. */
export interface CorpusCase {
  file: string;
  source: string;
  /** What stands after `expect:` in its second line. */
  expect: string;
  phase: string;
}

/** All cases of one folder of the corpus, in the order of their numbers. */
export function readCorpus(folder: 'escapes' | 'exhaustion'): CorpusCase[] {
  const path = fileURLToPath(new URL(`${folder}/`, FOLDER));
  const files = readdirSync(path).filter((file) => file.endsWith('.js'));
  return files.sort().map((file) => {
    const text = readFileSync(path + file, 'utf8');
    const header = text.split('\n').slice(0, 3).join('\n');
    return {
      file,
      source: toOperation(text),
      expect: /expect: ([^|\n]*)/.exec(header)?.[1]?.trim() ?? '',
      phase: /phase: (\S+)/.exec(header)?.[1] ?? 'call',
    };
  });
}

/** Hostile values to return or throw. */
export function readReturns(): { code: string; expect: string }[] {
  const text = readFileSync(new URL('returns.json', FOLDER), 'utf8');
  return (JSON.parse(text) as { code: string; expect: string }[]).slice(1);
}
