import { readVersion } from '../cli/version.js';
import type { ExtensionStats, Settled } from '../pool/stats/stats.js';
import { type DurationKey, readDurations } from './duration-samples.js';
import { formatHeader, formatSample, type Metric, type Sample } from './prometheus.js';
import type { ServiceReport } from './report.js';

/** Where the metrics come from. */
export interface MetricsInput extends Omit<ServiceReport, 'watched'> {
  /** Whether durations are summaries in place of histograms. @default false */
  summaries?: boolean | undefined;
}

/** A family, and how its samples are read: from the whole input, or from each extension. */
interface Family {
  metric: Metric;
  read: (input: MetricsInput) => Iterable<Sample>;
}

const metric = (name: string, type: Metric['type'], help: string, read: Family['read']): Family => ({
  metric: { name, type, help },
  read,
});
const one =
  (read: (input: MetricsInput) => number): Family['read'] =>
  (input) => [{ value: read(input) }];
const each = (read: (stats: ExtensionStats) => number): Family['read'] =>
  function* ({ stats }) {
    for (const extension of stats.extensions) yield { labels: { extension: extension.name }, value: read(extension) };
  };

const duration = (name: string, help: string, key: DurationKey): Family => ({
  metric: { name, type: 'histogram', help },
  read: ({ stats, summaries }) => readDurations(stats.extensions, key, summaries === true),
});

const METRICS: readonly Family[] = [
  metric('sandglass_calls_total', 'counter', 'Calls that ended, by how: ok or an error code', readCalls),
  metric('sandglass_loads_total', 'counter', 'Loads that ended, by how: ok or an error code', readLoads),
  metric(
    'sandglass_calls_refused_total',
    'counter',
    'Calls turned away with E_QUEUE_FULL',
    each(({ refused }) => refused),
  ),
  metric(
    'sandglass_calls_queued',
    'gauge',
    'Calls that wait for a worker',
    each(({ queued }) => queued),
  ),
  metric(
    'sandglass_calls_running',
    'gauge',
    'Calls on a worker',
    each(({ running }) => running),
  ),
  metric(
    'sandglass_calls_background',
    'gauge',
    'Answered calls of which something goes on that nobody awaits',
    each(({ background }) => background),
  ),
  duration(
    'sandglass_call_queue_seconds',
    'From acceptance to being sent to a worker, since the extension was loaded',
    'queueMs',
  ),
  duration(
    'sandglass_call_run_seconds',
    'From being sent to a worker to the outcome, since the extension was loaded',
    'runMs',
  ),
  duration(
    'sandglass_capability_seconds',
    'From a capability call to its answer, since the extension was loaded',
    'capabilityMs',
  ),
  metric(
    'sandglass_cpu_seconds_total',
    'counter',
    'Time that calls have spent inside of sandboxes',
    each(({ cpuTimeMs }) => cpuTimeMs / 1_000),
  ),
  metric(
    'sandglass_capability_calls_total',
    'counter',
    'Capability calls that ended, by capability and decision: allowed or denied',
    readCapabilityCalls,
  ),
  metric('sandglass_log_lines_total', 'counter', 'Lines that extensions logged', each(countLines)),
  metric('sandglass_extensions', 'gauge', 'Extensions by state', readStates),
  metric(
    'sandglass_workers',
    'gauge',
    'Worker threads',
    one(({ stats }) => stats.lanes.length),
  ),
  metric(
    'sandglass_worker_kills_total',
    'counter',
    'Workers that the watchdog ended',
    one(({ stats }) => stats.kills),
  ),
  metric(
    'sandglass_workers_lost_total',
    'counter',
    'Workers that ended by themselves or did not start',
    one(({ stats }) => stats.lost),
  ),
  metric(
    'sandglass_calls_rerun_total',
    'counter',
    'Calls that ran again because their worker was lost',
    one(({ stats }) => stats.reruns),
  ),
  metric(
    'sandglass_restores_total',
    'counter',
    'Sandboxes restored from their snapshot',
    one(({ stats }) => stats.restores),
  ),
  metric(
    'sandglass_replacements_total',
    'counter',
    'Sandboxes replaced because they were poisoned or had grown far',
    one(({ stats }) => stats.replacements),
  ),
  metric(
    'sandglass_engine_failures_total',
    'counter',
    'Sandboxes whose engine failed for a reason that no limit explains',
    one(({ stats }) => stats.failures),
  ),
  metric(
    'sandglass_violations_total',
    'counter',
    'Messages of workers that were refused: only an engine that a guest controls sends such',
    one(({ stats }) => stats.violations),
  ),
  metric(
    'sandglass_sandbox_memory_bytes',
    'gauge',
    'Memory that all snapshots, sandboxes and spare instances are charged',
    one(({ stats }) => stats.memoryBytes),
  ),
  metric(
    'sandglass_sandbox_memory_max_bytes',
    'gauge',
    'Memory that they may be charged: pool.maxMemoryBytes',
    one(({ stats }) => stats.maxMemoryBytes),
  ),
  metric('sandglass_http_requests_total', 'counter', 'Requests answered, by status', readResponses),
  metric(
    'sandglass_http_requests_refused_total',
    'counter',
    'Requests answered with 503 because maxConcurrentRequests were under way',
    one(({ service }) => service.refused),
  ),
  metric(
    'sandglass_http_requests_in_flight',
    'gauge',
    'Requests that are being served',
    one(({ service }) => service.inFlight),
  ),
  metric(
    'process_resident_memory_bytes',
    'gauge',
    'Resident memory of the process, or of all that serve',
    one((input) => input.process.rssBytes),
  ),
  metric(
    'sandglass_event_loop_delay_seconds',
    'gauge',
    'How late the main event loop was since the metrics were last read, by quantile; 1 is the most',
    (input) => input.process.eventLoopDelay.map(([quantile, value]) => ({ labels: { quantile }, value })),
  ),
  metric('sandglass_build_info', 'gauge', 'Always 1; its labels are versions', readBuild),
  metric(
    'process_cpu_seconds_total',
    'counter',
    'CPU time of the process, or of all that serve, workers included',
    one((input) => input.process.cpuSeconds),
  ),
  metric(
    'sandglass_processes',
    'gauge',
    'Processes that serve',
    one((input) => input.process.processes),
  ),
  metric(
    'sandglass_processes_lost_total',
    'counter',
    'Processes that ended without having been told to; others took their place',
    one((input) => input.process.lost),
  ),
  metric('sandglass_fleet_connected', 'gauge', 'Whether a server of the fleet answers', ({ fleet }) =>
    fleet ? [{ value: Number(fleet.isConnected) }] : [],
  ),
  metric('sandglass_fleet_revision', 'gauge', 'Changes of the catalogue of the fleet that were taken', ({ fleet }) =>
    fleet ? [{ value: fleet.revision }] : [],
  ),
  metric(
    'sandglass_fleet_failed_extensions',
    'gauge',
    'Extensions whose version of the catalogue could not be taken',
    ({ fleet }) => (fleet ? [{ value: Object.keys(fleet.failed).length }] : []),
  ),
];

/** Name, type and meaning of every metric that {@link renderMetrics} writes. */
export const METRIC_FAMILIES: readonly Metric[] = METRICS.map((family) => family.metric);

/** Read once. */
let version: string | undefined;

/** Samples of one piece, which takes 2 ms. */
const SAMPLES_AT_ONCE = 512;

/**
 * The metrics in the Prometheus text format, piece by piece: with 10,000 extensions they have
 * 300,000 lines.
 */
export function* renderMetrics(input: MetricsInput): Generator<string> {
  let text = '';
  let count = 0;
  for (const family of METRICS) {
    const isSummary = input.summaries === true && family.metric.type === 'histogram';
    let header = formatHeader(isSummary ? { ...family.metric, type: 'summary' } : family.metric);
    for (const sample of family.read(input)) {
      text += header + formatSample(family.metric, sample);
      header = '';
      if (++count % SAMPLES_AT_ONCE !== 0) continue;
      yield text;
      text = '';
    }
  }
  yield text;
}

function* readCalls({ stats }: MetricsInput): Generator<Sample> {
  for (const { name, settled, loads } of stats.extensions) {
    for (const [outcome, count] of Object.entries(settled) as [keyof Settled, number][]) {
      const value = count - (loads[outcome] ?? 0);
      if (value > 0) yield { labels: { extension: name, outcome }, value };
    }
  }
}

function* readLoads({ stats }: MetricsInput): Generator<Sample> {
  for (const { name, loads } of stats.extensions)
    for (const [outcome, value] of Object.entries(loads)) yield { labels: { extension: name, outcome }, value };
}

function* readCapabilityCalls({ stats }: MetricsInput): Generator<Sample> {
  for (const { name, capabilityCalls } of stats.extensions)
    for (const [capability, counts] of Object.entries(capabilityCalls))
      for (const [decision, value] of Object.entries(counts) as [string, number][])
        yield { labels: { extension: name, capability, decision }, value };
}

function countLines({ capabilityCalls: { log, console } }: ExtensionStats): number {
  return (log?.allowed ?? 0) + (console?.allowed ?? 0);
}

function readBuild(): Sample[] {
  version ??= readVersion();
  return [{ labels: { version, node: process.versions.node }, value: 1 }];
}

function readStates({ extensions }: MetricsInput): Sample[] {
  const counts = new Map<string, number>([
    ['ready', 0],
    ['failed', 0],
  ]);
  for (const { state } of extensions) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ labels: { state }, value }));
}

function readResponses({ service }: MetricsInput): Sample[] {
  return [...service.responses].map(([status, value]) => ({ labels: { status: String(status) }, value }));
}
