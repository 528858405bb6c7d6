/** Where a node is asked to take no new work. */
export function drainSubject(prefix: string, node: string): string {
  return `${prefix}.node.${node}.drain`;
}
