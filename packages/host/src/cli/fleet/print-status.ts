import { formatForTerminal } from '../../capabilities/log/terminal.js';
import type { CatalogueStatus, FleetStatus, NodeStatus } from '../../fleet/contract.js';
import type { Io } from '../io.js';
import { createStyle, type Style } from '../output/style.js';
import { shortDigest } from './short-digest.js';

/** Prints the nodes and the extensions of a fleet as two tables. */
export function printStatus({ nodes, extensions }: FleetStatus, { stdout, env }: Pick<Io, 'stdout' | 'env'>): void {
  const style = createStyle(stdout, env);
  const engines = new Set(nodes.map(({ engine }) => engine));
  const lines = [
    ...table(['NODE', 'ROLE', 'STATE', 'RUNNING', 'QUEUED', 'LAG', 'FAILED'], nodes.map(describeNode), style),
    ...(engines.size > 1 ? [`The nodes have ${engines.size} different engines`] : []),
    ...nodes.flatMap(describeFailed),
    '',
    ...table(['EXTENSION', 'REVISION', 'ACTIVE', 'BEFORE', 'NEXT'], extensions.map(describeExtension), style),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}

function describeNode({ name, role, isDraining, running, queued, lag, failed }: NodeStatus): string[] {
  const state = isDraining ? 'draining' : 'up';
  return [name, role, state, String(running), String(queued), String(lag), String(Object.keys(failed).length)];
}

function describeFailed({ name, failed }: NodeStatus): string[] {
  return Object.entries(failed).map(
    ([extension, { code, message }]) => `  ${formatForTerminal(`${name}: ${extension}: ${message} (${code})`)}`,
  );
}

function describeExtension({ name, revision, active, previous, next }: CatalogueStatus): string[] {
  return [name, String(revision), ...[active, previous, next].map(describeVersion)];
}

function describeVersion(version: CatalogueStatus['active']): string {
  return version ? `${version.version} ${shortDigest(version.hash)}` : '-';
}

/** Columns as wide as their longest cell. */
function table(head: readonly string[], rows: readonly string[][], style: Style): string[] {
  const cells = rows.map((row) => row.map(formatForTerminal));
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [style('bold', line(head)), ...cells.map(line)];
}
