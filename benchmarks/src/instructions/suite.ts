import type { SuiteResult } from '../results.js';
import type { SubjectSpec } from '../run/subject.js';
import { countInstructions } from './count.js';

export interface InstructionOptions {
  onSubject?: (name: string) => void;
  /**
   * Processes for each subject, so that the file itself shows how stable the counts are. @default 2
   */
  launches?: number;
}

/** Counts the instructions of each subject. */
export async function runInstructionSuite(
  subjects: readonly SubjectSpec[],
  { onSubject, launches = 2 }: InstructionOptions = {},
): Promise<SuiteResult> {
  const result: SuiteResult = {
    name: 'instructions',
    title: 'Instructions of one call, V8 without its optimising compilers',
    unit: 'instructions',
    subjects: [],
  };
  for (const spec of subjects) {
    onSubject?.(spec.name);
    const samples: number[][] = [];
    for (let launch = 0; launch < launches; launch++) samples.push([await countInstructions(spec)]);
    result.subjects.push({ name: spec.name, samples });
  }
  return result;
}
