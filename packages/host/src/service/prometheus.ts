/** A metric family in the Prometheus text format. */
export interface Metric {
  /** In base units: seconds, bytes. Counters end in `_total`. */
  name: string;
  type: 'counter' | 'gauge' | 'summary' | 'histogram';
  help: string;
}

/** One value of a metric. */
export interface Sample {
  value: number;
  labels?: Readonly<Record<string, string>>;
  /** `_bucket`, `_sum` or `_count` of a summary or histogram. */
  suffix?: string;
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The header of a metric family in the Prometheus text format, version 0.0.4. */
export function formatHeader({ name, type, help }: Metric): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** The value has six digits: microseconds. */
export function formatSample({ name }: Metric, { value, labels, suffix = '' }: Sample): string {
  return `${name}${suffix}${formatLabels(labels)} ${Math.round(value * 1e6) / 1e6}\n`;
}

function formatLabels(labels: Sample['labels'] = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
