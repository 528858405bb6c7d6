import cluster, { type Worker } from 'node:cluster';

import type { ExtensionStats } from '../../pool/stats/stats.js';
import { Backoff } from '../../pool/lanes/backoff.js';
import { keepCounters, mergeReports } from '../../service/processes/merge-reports.js';
import { mergeReloads } from '../../service/processes/merge-reloads.js';
import { newestOf } from '../../service/processes/merge-stats.js';
import type { Reloaded } from '../../service/reload-all.js';
import type { ReportPurpose, ServiceReport } from '../../service/report.js';
import { within } from '../../time/within.js';
import type { Log } from '../output/logger.js';
import { Questions } from './questions.js';
import type { ToPrimary, ToServing } from './vocabulary.js';

/** Longest wait for the report of a process; its last one stands for it then. */
const REPORT_TIMEOUT_MS = 1_000;
/** Time after the grace after which a process that has not ended is killed. */
const KILL_AFTER_MS = 2_000;

/** A process that serves, as the primary sees it. */
interface Served {
  worker: Worker;
  questions: Questions<ToServing, ToPrimary>;
  startedMs: number;
  isServing: boolean;
  /** Its last report for metrics, without counters of extensions. */
  report?: ServiceReport;
  /** The last counters of its extensions, by name. All processes load the same extensions. */
  counters: Map<string, ExtensionStats>;
  ended: Promise<void>;
}

/**
 * Keeps a number of processes that serve one port, on Node's cluster: puts another in the place of
 * one that ends, and adds up what they report.
 */
export class Primary {
  readonly #count: number;
  readonly #log: Log;
  readonly #served = new Set<Served>();
  readonly #backoff = new Backoff();
  readonly #replacing = new Set<NodeJS.Timeout>();
  /** Counters of the processes that have ended. */
  #ended: ServiceReport | undefined;
  #lost = 0;
  /** Whether a process that ends is replaced. */
  #isKept = false;

  /** @param count how many serve. */
  constructor(count: number, log: Log) {
    this.#count = count;
    this.#log = log;
    cluster.setupPrimary({ serialization: 'advanced' });
  }

  /**
   * Starts them.
   *
   * @returns where they serve.
   * @throws {Error} saying why, if one of them cannot.
   */
  async start(): Promise<string> {
    const urls = await Promise.all(Array.from({ length: this.#count }, () => this.#fork()));
    this.#isKept = true;
    return urls[0]!; // there is one at least
  }

  /** Reloads an extension, or every one, in one process after the other. */
  async reload(name?: string): Promise<Reloaded> {
    const all: Reloaded[] = [];
    for (const { questions, isServing } of this.#served) {
      const reloaded = isServing ? await questions.ask('reload', name) : undefined;
      if (reloaded) all.push(reloaded);
    }
    // their counters begin anew, and so do those of the processes that are gone
    if (this.#ended) this.#ended = withoutCounters(this.#ended, name);
    return mergeReloads(all);
  }

  /** Resolves when all have ended; those that do not end in time are killed. */
  async stop(graceMs: number): Promise<void> {
    this.#isKept = false;
    for (const timer of this.#replacing) clearTimeout(timer);
    const served = [...this.#served];
    for (const one of served) stopOne(one);
    const kill = (): void => served.forEach(({ worker }) => worker.process.kill('SIGKILL'));
    const timer = setTimeout(kill, graceMs + KILL_AFTER_MS);
    await Promise.all(served.map(({ ended }) => ended));
    clearTimeout(timer);
  }

  /** @returns a promise of where it serves. */
  #fork(): Promise<string> {
    const worker = cluster.fork();
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    return new Promise((resolve, reject) => {
      const questions = new Questions<ToServing, ToPrimary>(worker, {
        serves: (url) => {
          served.isServing = true;
          this.#backoff.succeeded(performance.now());
          resolve(url);
          return undefined;
        },
        failed: (message) => {
          reject(new Error(message));
          return undefined;
        },
        wantsToStop() {
          stopOne(served);
          return undefined;
        },
        report: (purpose) => this.#report(purpose),
        reload: (name) => this.reload(name),
      });
      const served: Served = {
        worker,
        questions,
        startedMs: performance.now(),
        isServing: false,
        counters: new Map(),
        ended,
      };
      this.#served.add(served);
      worker.on('error', () => {}); // a message came too late: its exit is what counts
      worker.once('exit', (code, signal) => {
        reject(new Error(`A process ended while it started, ${describeEnd(code, signal)}`));
        this.#end(served, describeEnd(code, signal));
      });
    });
  }

  #end(served: Served, how: string): void {
    served.questions.close();
    this.#served.delete(served);
    const report = lastOf(served);
    if (report) {
      const all = [keepCounters(report), ...(this.#ended ? [this.#ended] : [])];
      this.#ended = mergeReports(all);
    }
    if (!this.#isKept) return;
    this.#lost += 1;
    if (!served.isServing) this.#backoff.failed(performance.now(), served.startedMs);
    const delayMs = this.#backoff.delayMs(performance.now());
    this.#log('error', `Process ${served.worker.id} ended, ${how}; another takes its place`, { delayMs });
    const timer = setTimeout(() => {
      this.#replacing.delete(timer);
      // one that fails has ended, or will
      this.#fork().catch((error: Error) => this.#log('error', error.message));
    }, delayMs);
    this.#replacing.add(timer);
  }

  /** Undefined while none serves. */
  async #report(purpose: ReportPurpose): Promise<ServiceReport | undefined> {
    const reports = await Promise.all([...this.#served].map((served) => reportOf(served, purpose)));
    const live = reports.filter((report) => report !== undefined);
    if (live.length === 0) return undefined;
    const merged = mergeReports(live, this.#ended);
    return { ...merged, process: { ...merged.process, lost: this.#lost } };
  }
}

/** @param name of the extension whose counters go. @default all of them */
function withoutCounters(report: ServiceReport, name: string | undefined): ServiceReport {
  const extensions = report.stats.extensions.filter((one) => name !== undefined && one.name !== name);
  return { ...report, stats: { ...report.stats, extensions } };
}

/**
 * Closes the process's share of the port here first: the port itself, if the process is the last
 * one.
 */
function stopOne({ worker, questions }: Served): void {
  void questions.ask('stop', undefined);
  worker.disconnect();
}

/** The report of a process; its last one if the process is busy. */
async function reportOf(served: Served, purpose: ReportPurpose): Promise<ServiceReport | undefined> {
  if (!served.isServing) return undefined;
  const asked = served.questions.ask('report', purpose);
  const report = (await within(asked, REPORT_TIMEOUT_MS)) ? await asked : undefined;
  if (report && purpose.view === 'metrics') served.report = report;
  if (report && purpose.view === 'counters')
    for (const one of newestOf(report.stats.extensions)) served.counters.set(one.name, one);
  return report ?? lastOf(served, 'names' in purpose ? purpose.names : []);
}

/** What a process told last. @param names of extensions whose counters are wanted. @default all */
function lastOf({ report, counters }: Served, names: Iterable<string> = counters.keys()): ServiceReport | undefined {
  if (!report) return undefined;
  const extensions = [...names].flatMap((name) => counters.get(name) ?? []);
  return { ...report, stats: { ...report.stats, extensions } };
}

function describeEnd(code: number, signal: string | null): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`;
}
