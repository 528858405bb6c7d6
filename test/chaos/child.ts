import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('child.mjs', import.meta.url));

export interface ChildOptions {
  /** File descriptors that it may have. */
  maxFiles?: number;
  nodeFlags?: string[];
}

/** A host in a process of its own, and what it has told of its calls. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly lines: string[] = [];
  #errors = '';

  /** @param job see `child.mjs` */
  constructor(job: object, { maxFiles, nodeFlags = [] }: ChildOptions = {}) {
    const command = [process.execPath, ...nodeFlags, PROGRAM, JSON.stringify(job)];
    const limited =
      maxFiles === undefined ? command : ['sh', '-c', `ulimit -n ${maxFiles}; exec "$0" "$@"`, ...command];
    const [file, ...args] = limited as [string, ...string[]];
    this.#process = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.lines.push(line));
    this.#process.stderr!.on('data', (data: Buffer) => (this.#errors += data.toString()));
    this.#ended = new Promise((resolve) => this.#process.once('close', (code, signal) => resolve({ code, signal })));
  }

  /** What it wrote to its standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** How often a call has settled, by its id, and how. */
  get settlements(): Map<number, string[]> {
    const settlements = new Map<number, string[]>();
    for (const line of this.lines) {
      const [, id, how = ''] = /^(\d+) (\S+)$/.exec(line) ?? [];
      if (id === undefined || how === 'accepted') continue;
      settlements.set(Number(id), [...(settlements.get(Number(id)) ?? []), how]);
    }
    return settlements;
  }

  /** The ids of the calls that were made. */
  get accepted(): number[] {
    return this.lines.filter((line) => line.endsWith(' accepted')).map((line) => Number.parseInt(line, 10));
  }

  /** What stands behind the first word of a line. */
  read(word: string): string | undefined {
    return this.lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#ended;
  }

  /**
   * Waits for its end. @throws if it was not a good one: with what it wrote to its standard error.
   */
  async finished(): Promise<void> {
    const { code, signal } = await this.#ended;
    if (code !== 0) throw new Error(`The child ended with ${code ?? signal}: ${this.#errors}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
