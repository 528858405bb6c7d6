import type { Unit } from '../results.js';

/** What is measured. It lives in a process of its own and is opened there. */
export interface Subject {
  /** One operation; the runner times it in batches. A promise is awaited. */
  run?(): unknown;
  /** How many operations one `run` makes. @default 1 */
  operations?: number;
  /** Instead of `run`: measures by itself and returns one sample in the suite's unit. */
  sample?(): number | Promise<number>;
  close?(): void | Promise<void>;
}

/** An exported function that opens a subject. */
export type OpenSubject<Input = never> = (input: Input) => Subject | Promise<Subject>;

/** How to open a subject in its process. */
export interface SubjectSpec {
  name: string;
  /** URL of the module. */
  module: string;
  /** Name of its export, an {@link OpenSubject}. */
  open: string;
  /** Handed to it; survives structured clone. */
  input?: unknown;
  nodeFlags?: string[];
  series?: string;
  x?: number;
}

/** Subjects that are measured side by side. */
export interface Suite {
  name: string;
  title: string;
  unit: Unit;
  reference?: string;
  axis?: string;
  subjects: SubjectSpec[];
  /**
   * `cpu`: time the process spent on a processor, for work without waits or threads; other programs
   * on the machine then matter little. @default 'wall'
   */
  clock?: 'wall' | 'cpu';
  /**
   * Processes per subject, minutes apart: memory layout and JIT luck differ between them, and the
   * machine's mood. @default 4
   */
  launches?: number;
  /** Samples of each subject per launch, at most. @default 8 */
  rounds?: number;
  /**
   * Time before the first sample of each launch: V8 goes on optimising for a third of a second.
   * @default 400
   */
  warmUpMs?: number;
  /** Shortest sample. @default 10 */
  sampleMs?: number;
  /** After so long no further sample of a subject is taken in a launch. @default 1_500 */
  subjectBudgetMs?: number;
}
