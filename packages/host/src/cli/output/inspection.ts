import type { Manifest } from '@sandglass/core';

import type { Problem } from '../../authoring/find-problems.js';
import type { ExtensionInfo } from '../../types.js';
import { formatForTerminal } from '../../capabilities/log/terminal.js';
import type { Io } from '../io.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import { describeScopes } from './describe-scopes.js';
import { createStyle } from './style.js';

/** What an extension is and would do, and what is wrong with it. */
export interface Inspection {
  /** Absent if it cannot be read. */
  manifest?: Manifest;
  /** What it came to in a sandbox. Absent if it did not load. */
  extension?: ExtensionInfo;
  problems: (Omit<Problem, 'code'> & { code: Problem['code'] | 'manifest' | 'scope-unknown' | 'load' })[];
}

/** Prints an inspection for a person. */
export function printInspection({ manifest, extension, problems }: Inspection, io: Pick<Io, 'stdout' | 'env'>): void {
  const style = createStyle(io.stdout, io.env);
  const row = (label: string, text: string): void =>
    void io.stdout.write(`${style('gray', label.padEnd(10))} ${formatForTerminal(text)}\n`);
  if (manifest) {
    row('name', `${manifest.name} ${manifest.version}`);
    row('type', manifest.type);
    row('entrypoint', manifest.path);
    row('host', manifest.host);
    row('requested', describeScopes(manifest.requestedScopes));
  }
  if (extension) {
    row('granted', describeScopes(extension.granted));
    for (const registration of extension.registrations)
      row('registers', describeRegistration(registration, `/${extension.name}`));
    row('source', `SHA-256 ${extension.sourceHash}`);
    for (const note of extension.notes) row('note', note);
  }
  for (const { severity, message, line, column } of problems) {
    const place = line === undefined ? '' : ` (${manifest?.path}:${line}:${column})`;
    io.stdout.write(
      `${style(severity === 'error' ? 'red' : 'yellow', severity.padEnd(10))} ${formatForTerminal(message + place)}\n`,
    );
  }
  if (problems.length === 0) io.stdout.write(`${style('green', 'no problems')}\n`);
}
