/** The command was given something that it cannot use: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
