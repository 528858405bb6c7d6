import type { SuiteResult } from '../results.js';
import type { SubjectSpec } from '../run/subject.js';
import { countInstructions } from './count.js';

/** Counts the instructions of each subject, twice, so that the file itself shows how stable they are. */
export async function runInstructionSuite(
  subjects: readonly SubjectSpec[],
  onSubject: (name: string) => void,
): Promise<SuiteResult> {
  const result: SuiteResult = {
    name: 'instructions',
    title: 'Instructions of one call',
    unit: 'instructions',
    subjects: [],
  };
  for (const spec of subjects) {
    onSubject(spec.name);
    const samples = [await countInstructions(spec), await countInstructions(spec)];
    result.subjects.push({ name: spec.name, samples: [samples] });
  }
  return result;
}
