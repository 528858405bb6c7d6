import type { Manifest } from '@sandglass/core';

import type { Problem } from '../../authoring/find-problems.js';
import type { ExtensionInfo } from '../../types.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import type { Io } from '../io.js';
import { describeScopes } from './describe-scopes.js';
import { readCodeFrame } from './read-code-frame.js';
import { createStyle } from './style.js';

type ProblemCode =
  | Problem['code']
  | 'manifest'
  | 'scope-unknown'
  | 'scope-refused'
  | 'load'
  | 'registers-nothing'
  | 'stale-build';

/** What `inspect` finds of an extension. */
export interface Inspection {
  /** Absent if it cannot be read. */
  manifest?: Manifest;
  /** The file that was looked at: the source, or what was built of it where there is none. */
  file?: string;
  /** What a host says of it once it has loaded. Absent if it did not load. */
  extension?: ExtensionInfo;
  /** `file` is relative to the folder; it stands beside every position. */
  problems: (Omit<Problem, 'code'> & { code: ProblemCode; file?: string })[];
}

/** Prints an inspection for a person; each problem that has a position with the code there. */
export async function printInspection(
  { manifest, file, extension, problems }: Inspection,
  folder: string,
  io: Pick<Io, 'stdout' | 'env'>,
): Promise<void> {
  const style = createStyle(io.stdout, io.env);
  const row = (label: string, text: string): void =>
    void io.stdout.write(`${style('gray', label.padEnd(10))} ${formatForTerminal(text)}\n`);
  if (manifest) {
    row('name', `${manifest.name} ${manifest.version}`);
    row('type', manifest.type);
    row('file', file ?? manifest.path);
    row('host', manifest.host);
    row('requested', describeScopes(manifest.requestedScopes));
  }
  if (extension) {
    row('granted', describeScopes(extension.granted));
    for (const registration of extension.registrations)
      row('registers', describeRegistration(registration, `/${extension.name}`));
    row('source', `SHA-256 ${extension.sourceHash}`);
    const told = new Set(problems.map(({ message }) => message));
    for (const note of extension.notes) if (!told.has(note)) row('note', note);
  }
  for (const problem of problems) {
    io.stdout.write(
      `${style(problem.severity === 'error' ? 'red' : 'yellow', problem.severity.padEnd(10))} ${formatForTerminal(describeProblem(problem))}\n`,
    );
    for (const line of await readCodeFrame(folder, problem, style)) io.stdout.write(`${line}\n`);
  }
  if (problems.length === 0) io.stdout.write(`${style('green', 'no problems')}\n`);
}

/** A problem and its position, in one line. */
export function describeProblem({
  message,
  file,
  line,
  column,
}: Pick<Inspection['problems'][number], 'message' | 'file' | 'line' | 'column'>): string {
  const position = line === undefined ? '' : `${file}:${line}:${column}`;
  return position === '' || message.includes(position) ? message : `${message} (${position})`;
}
