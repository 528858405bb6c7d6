/** A stream that a command prints to. */
export interface Output {
  write(text: string): unknown;
  /** Whether a person reads it: colours and one-line logs then, JSON and plain text otherwise. */
  readonly isTTY?: boolean | undefined;
  /** Whether it holds back what was written until `drain`. */
  readonly writableNeedDrain?: boolean | undefined;
  once?(event: 'drain', listener: () => void): unknown;
}

/** Keys that a person presses. */
export interface Input {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  on(event: 'data', listener: (data: Buffer | string) => void): unknown;
  off(event: 'data', listener: (data: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The parts of the process that a command uses. Tests pass their own. */
export interface Io {
  stdout: Output;
  stderr: Output;
  /** @default nobody presses a key */
  stdin?: Input;
  env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  cwd: string;
  /** Fires when the command has to end: SIGINT or SIGTERM. */
  signal: AbortSignal;
  /**
   * Calls back when extensions are to be loaded again: SIGHUP.
   *
   * @returns what ends that. @default never
   */
  onReload?(listener: () => void): () => void;
  /** Opens a URL in the browser. @default nothing does */
  openUrl?(url: string): void;
}
