/** A metric family in the Prometheus text format. */
export interface Metric {
  /** In base units: seconds, bytes. Counters end in `_total`. */
  name: string;
  type: 'counter' | 'gauge' | 'summary';
  help: string;
}

/** One value of a metric. */
export interface Sample {
  value: number;
  labels?: Readonly<Record<string, string>>;
  /** `_count` of a summary. */
  suffix?: string;
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes metrics in the Prometheus text format, version 0.0.4. A family without samples is left out. */
export function formatMetrics(families: Iterable<readonly [Metric, readonly Sample[]]>): string {
  let text = '';
  for (const [{ name, type, help }, samples] of families) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const { value, labels, suffix = '' } of samples) text += `${name}${suffix}${formatLabels(labels)} ${value}\n`;
  }
  return text;
}

function formatLabels(labels: Sample['labels'] = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
