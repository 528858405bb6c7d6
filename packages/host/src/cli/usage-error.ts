/** The command was given something that it cannot use: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** Whether the help is of use. */
  readonly isAboutWords: boolean;

  /**
   * @param isAboutWords false for what is wrong with a file or a folder, not with the command line.
   */
  constructor(message: string, isAboutWords = true) {
    super(message);
    this.isAboutWords = isAboutWords;
  }
}
