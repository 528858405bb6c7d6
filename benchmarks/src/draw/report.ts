import type { Results } from '../results.js';
import { formatValue } from './format.js';
import { toTable } from './table.js';

/** A whole run as Markdown: where it ran, what took part, every table, who was absent and why. */
export function toReport(results: Results): string {
  const { machine, versions, startedAt, absent, quick } = results;
  const where = `${machine.cpu}, ${machine.cores} cores, ${formatValue(machine.memoryBytes, 'bytes')}, ${machine.platform}, ${startedAt.slice(0, 10)}`;
  const missing = absent.map(({ name, reason }) => `- ${name} did not take part: ${reason}`);
  return [
    where,
    ...(quick ? ['**A quick run**: it shows that all works, and no figure to rely on.'] : []),
    toVersions(versions),
    ...results.suites.map(toTable),
    ...(missing.length > 0 ? [missing.join('\n')] : []),
  ].join('\n\n');
}

/** What took part, on one line. A peer's packages name themselves. */
export function toVersions(versions: Record<string, string>): string {
  const parts = Object.entries(versions).map(([name, version]) =>
    version.includes(name) ? version : `${name} ${version}`,
  );
  return parts.join(' · ');
}
