import type { Unit } from './units.js';

/** How the text of a flag or an environment variable is read. */
export type OptionKind = 'text' | 'number' | 'boolean' | 'list' | Unit;

/** One setting, with the three ways to give it. */
export interface ConfigOption {
  /** Its path in a configuration file, for example `limits.cpuTimeMs`. */
  path: string;
  /** Without the dashes, for example `cpu-time-ms`. */
  flag: string;
  env: string;
  kind: OptionKind;
  description: string;
  /** One letter that stands for the flag. */
  short: string | undefined;
}

/**
 * Groups whose name is part of the flag: `request.timeoutMs` is `--request-timeout-ms`,
 * `limits.cpuTimeMs` is `--cpu-time-ms`.
 */
const NAMED_GROUPS: ReadonlySet<string> = new Set(['request', 'fleet']);

const SHORT: Readonly<Record<string, string>> = { 'service.port': 'p' };

const DESCRIPTIONS: readonly (readonly [path: string, kind: OptionKind, description: string])[] = [
  ['extensions', 'text', "Folder of extensions in Directus' layout"],
  ['include', 'list', 'Patterns of package names: only these are loaded'],
  ['exclude', 'list', 'Patterns of package names that are not loaded; wins over include'],
  ['packageJson', 'text', 'package.json whose dependencies are looked through for extensions'],
  ['isolation', 'text', 'pristine: a restored sandbox for every call; persistent: one for the life of the host'],
  ['nodeEnv', 'text', 'NODE_ENV that guests see; empty removes process and console from their globals'],
  ['maxBodyBytes', 'size', 'Bytes of a request body that is read; a longer one is answered with 413'],
  ['responseHeaders', 'list', 'Response headers that an endpoint may set'],
  ['snapshots', 'text', 'Folder of snapshots on disk, read and written'],
  ['limits.cpuTimeMs', 'time', 'Time inside the sandbox for one call, awaits not counted'],
  ['limits.wallTimeMs', 'time', 'Time from acceptance to result of one call'],
  ['limits.loadTimeMs', 'time', 'Time to compile, evaluate and register an extension'],
  ['limits.memoryLimitBytes', 'size', 'Heap of a sandbox'],
  ['limits.stackBytes', 'size', 'Stack for guest recursion'],
  ['limits.maxPendingCapabilityCalls', 'number', 'Capability calls of one call that may wait at once'],
  ['limits.maxCapabilityCalls', 'number', 'Capability calls of one call in all, log lines not counted'],
  ['limits.maxLogLines', 'number', 'Log lines of one call'],
  ['limits.maxLogBytes', 'size', 'Bytes of all log lines of one call'],
  ['limits.maxArgumentBytes', 'size', 'Bytes of the argument of a call, and of the result of one capability call'],
  ['limits.maxResultBytes', 'size', 'Bytes of the result of a call, and of the arguments of one capability call'],
  ['limits.maxConcurrentCalls', 'number', 'Calls of one extension that are under way at once; more wait'],
  ['pool.inline', 'boolean', 'Runs guests on the thread of the service itself, without worker threads'],
  ['pool.maxThreads', 'number', 'Worker threads at the most'],
  ['pool.minThreads', 'number', 'Worker threads that are kept when idle'],
  ['pool.maxQueueLength', 'number', 'Calls that may wait in the whole host; one more is refused'],
  ['pool.maxExtensionQueueLength', 'number', 'Calls that may wait for one extension; half of the host by default'],
  ['pool.maxMemoryBytes', 'size', 'Memory of all sandboxes together; half of what the process may use by default'],
  ['pool.idleTimeoutMs', 'time', 'How long an idle thread above the minimum lives, and memory that is not used'],
  ['request.denyAddresses', 'list', 'Addresses, CIDR or a-b ranges refused on top of the built-in ones'],
  ['request.allowAddresses', 'list', 'Addresses or ranges opened although the built-in ones refuse them'],
  ['request.timeoutMs', 'time', 'One deadline for an outgoing request with all its redirects'],
  ['request.maxRequestBytes', 'size', 'Bytes of the body of an outgoing request'],
  ['request.maxResponseBytes', 'size', 'Bytes of the body of a response to an outgoing request'],
  ['request.maxRedirects', 'number', 'Redirects of an outgoing request that are followed'],
  ['request.maxRequests', 'number', 'Outgoing requests under way at once; one extension alone gets half of them'],
  ['request.maxHeldBytes', 'size', 'Bytes that their bodies and those of their responses hold at once'],
  ['fleet.servers', 'list', 'Servers of the fleet to be a node of, as nats://host:port'],
  ['fleet.name', 'text', 'Name of this node in the fleet'],
  ['fleet.prefix', 'text', 'What subjects and buckets of the fleet begin with'],
  ['fleet.user', 'text', 'User of the fleet'],
  ['fleet.password', 'text', 'Password of that user'],
  ['fleet.token', 'text', 'Token, in place of a user'],
  ['fleet.nkeyFile', 'text', 'File with the seed of an nkey, in place of a user'],
  ['fleet.credsFile', 'text', 'File with a JWT and its seed, in place of a user'],
  ['fleet.caFile', 'text', "Authorities that the certificates of the fleet's servers may be of"],
  ['fleet.certFile', 'text', "This node's own certificate"],
  ['fleet.keyFile', 'text', 'Key of that certificate'],
  ['service.port', 'number', 'TCP port; 0 takes a free one'],
  ['service.hostname', 'text', 'Address or name to listen on'],
  ['service.token', 'text', 'Opens the routes for operations and hooks to whoever bears it; 16 characters or more'],
  ['service.metrics', 'boolean', 'Serves metrics'],
  ['service.metricsSummaries', 'boolean', 'Durations are summaries, as they were, in place of histograms'],
  [
    'service.metricsToken',
    'text',
    'Bearer token that the metrics ask for, at least 16 characters; --token opens them too',
  ],
  ['service.status', 'boolean', 'Serves the status page'],
  ['service.processes', 'number', 'Processes that serve the port; limits are of each of them'],
  ['service.mustLoad', 'boolean', 'Ends with 1 if an extension does not load'],
  ['service.watch', 'boolean', 'Loads what comes into the folder, and what changes there, as it does'],
  ['service.corsOrigins', 'list', 'Origins whose pages may call endpoints; * is every one'],
  ['service.corsCredentials', 'boolean', 'Lets such pages send cookies and other credentials'],
  ['service.maxConcurrentRequests', 'number', 'Requests that are served at once; one more is answered with 503'],
  ['service.maxConnections', 'number', 'Open connections; one more is closed at once'],
  ['service.maxHeaderBytes', 'size', 'Bytes of the headers of a request; more is answered with 431'],
  ['service.headersTimeoutMs', 'time', 'Time for the headers of a request to arrive'],
  ['service.receiveTimeoutMs', 'time', 'Time for a whole request to arrive'],
  ['service.keepAliveTimeoutMs', 'time', 'How long an idle connection is kept'],
  ['service.sendTimeoutMs', 'time', 'Time for a client to read a response; its connection is ended then'],
  [
    'service.maxUnsentBytes',
    'size',
    'Bytes of responses that wait for clients; beyond it, connections that stand still are ended',
  ],
  ['service.graceMs', 'time', 'Time for accepted requests to finish once the service is told to stop'],
  ['service.logLevel', 'text', 'Least level of what is logged'],
  ['service.logFormat', 'text', 'How lines are written; auto is pretty on a terminal, else json'],
  ['service.accessLog', 'boolean', 'Logs a line for every request'],
];

/** Every setting that a flag or an environment variable can give. */
export const CONFIG_OPTIONS: readonly ConfigOption[] = DESCRIPTIONS.map(([path, kind, description]) => {
  const flag = toFlag(path);
  const short = SHORT[path];
  const env = `SANDGLASS_${flag.replaceAll('-', '_').toUpperCase()}`;
  return { path, flag, env, kind, description, short };
});

function toFlag(path: string): string {
  if (path === 'fleet.servers') return 'fleet';
  const [group, name] = path.split('.') as [string, string | undefined]; // split gives at least one
  const words = name === undefined ? group : NAMED_GROUPS.has(group) ? `${group}-${name}` : name;
  return words.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
