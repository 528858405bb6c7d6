import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { readResults, type Results } from '../results.js';

/** More says nothing: samples differ in the second digit. */
const DIGITS = 4;
const EXTENSION = '.json';
/** Of the files, beside the charts. */
const RESULTS = 'results';

/** The same results with samples of four digits. */
export function compactResults(results: Results): Results {
  const round = (sample: number): number => Number(sample.toPrecision(DIGITS));
  const suites = results.suites.map((suite) => ({
    ...suite,
    subjects: suite.subjects.map((subject) => ({
      ...subject,
      samples: subject.samples.map((group) => group.map(round)),
    })),
  }));
  return { ...results, suites };
}

/** Keeps a file of results, compact, in `<folder>/results`: what charts and tables are made of. */
export async function keepResults(path: string, folder: string): Promise<void> {
  const { suites, ...head } = compactResults(await readResults(path));
  await mkdir(join(folder, RESULTS), { recursive: true });
  // A line for each suite, so that a change of the file can be read.
  const lines = suites.map((suite) => JSON.stringify(suite)).join(',\n');
  const text = `${JSON.stringify(head).slice(0, -1)},"suites":[\n${lines}\n]}\n`;
  await writeFile(join(folder, RESULTS, basename(path)), text);
}

/** Every file that is kept, by name. */
export async function readKept(folder: string): Promise<{ name: string; results: Results }[]> {
  const files = await readdir(join(folder, RESULTS)).catch(() => []);
  const kept = files.filter((file) => file.endsWith(EXTENSION)).toSorted();
  return Promise.all(
    kept.map(async (file) => ({
      name: basename(file, EXTENSION),
      results: await readResults(join(folder, RESULTS, file)),
    })),
  );
}

/**
 * Puts text between the two marks of a block in a document. @throws {Error} the document has no
 * such block
 */
export async function rewriteBlock(path: string, block: string, content: string): Promise<void> {
  await writeFile(path, replaceBlock(await readFile(path, 'utf8'), block, content));
}

/** {@link rewriteBlock} of a text. */
export function replaceBlock(text: string, block: string, content: string): string {
  const [begin, end] = [`<!-- generated: ${block} -->`, `<!-- end of ${block} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`Cannot write "${block}": its marks are missing`);
  return `${text.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${text.slice(to)}`;
}
