import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { RunnerMessage, SubjectMessage } from './messages.js';
import type { Timing } from './sample.js';
import type { SubjectSpec } from './subject.js';

/** Always the compiled file: from `src` (tests) as well as from `dist`. */
const CHILD = fileURLToPath(new URL('../../dist/run/child.js', import.meta.url));
/** A subject that has not answered by then is hung. */
const ANSWER_TIMEOUT_MS = 90_000;
/** Enough of the error output for its reason, not enough to fill memory. */
const MAX_STDERR_CHARS = 4_000;

/**
 * A subject in a process of its own: no subject shares a heap, a JIT or flags with another.
 *
 * Whoever opens it closes it.
 */
export class SubjectProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #stderr = '';

  private constructor(nodeFlags: string[]) {
    this.#child = fork(CHILD, [], {
      execArgv: nodeFlags,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARS);
    });
  }

  /** Starts the process, opens the subject and warms it up. */
  static async open(spec: SubjectSpec, timing: Timing): Promise<SubjectProcess> {
    const subject = new SubjectProcess(spec.nodeFlags ?? []);
    try {
      await subject.#ask({ type: 'open', module: spec.module, open: spec.open, input: spec.input, timing });
      return subject;
    } catch (error) {
      await subject.#kill();
      throw error;
    }
  }

  /** One sample, in the suite's unit. */
  async sample(): Promise<number> {
    const reply = await this.#ask({ type: 'sample' });
    if (reply.type !== 'sampled' || !Number.isFinite(reply.value)) throw new Error(`Not a sample: ${reply.type}`);
    return reply.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) await this.#ask({ type: 'close' }).catch(() => undefined);
    await this.#kill();
  }

  async #ask(message: RunnerMessage): Promise<SubjectMessage> {
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(new Error('no answer in time')), ANSWER_TIMEOUT_MS);
    const onExit = (code: number | null, signal: string | null): void =>
      gone.abort(
        new Error(`its process ended with ${signal ?? code}: ${this.#stderr.trim().split('\n').at(-1) ?? ''}`),
      );
    this.#child.once('exit', onExit);
    try {
      if (!this.#child.connected) throw new Error('its process has ended');
      const answered = once(this.#child, 'message', { signal: gone.signal });
      this.#child.send(message);
      const [reply] = (await answered) as [SubjectMessage];
      if (reply.type === 'failed') throw new Error(reply.message);
      return reply;
    } catch (error) {
      throw gone.signal.aborted ? gone.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.#child.off('exit', onExit);
    }
  }

  async #kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
