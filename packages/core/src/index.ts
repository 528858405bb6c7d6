// The contract: what a host's owner may use.
export { ERROR_CODES, isSandglassError, SandglassError } from './errors.js';
export type { ErrorCode, Fault, SandglassErrorOptions } from './errors.js';
export { DEFAULT_LIMITS, describeLimit, limitsSchema, lowerLimits } from './limits.js';
export type { Limits, LimitsInput } from './limits.js';
export { APP_TYPES, parseManifest, SANDBOX_TYPES } from './manifest.js';
export type { Manifest, SandboxType } from './manifest.js';
export { emptyScopeSchema, REQUEST_METHODS, requestScopeSchema } from './scopes.js';
export type { RequestMethod, RequestScope, Scopes, ScopeSchemas } from './scopes.js';

// Values on their way in and out of a sandbox.
export { readAnswer, writeAnswer, writeResult, type EndpointAnswer } from './values/answer.js';
export { decodeInTurns, decodeValue } from './values/decode.js';
export { encodeValue } from './values/encode.js';
export { FORM, MAX_BYTES_AT_ONCE, type Table } from './values/format.js';
export { JsonData } from './values/json-data.js';
export { jsonPieces } from './values/json-pieces.js';
export { stringifyJson } from './values/json.js';
export { revive } from './values/revive.js';
export { hasUndefinedElement } from './values/scan.js';
export { Slab } from './values/slab.js';

// What host and engine say to each other.
export { packCalls, packOutcomes, unpackCalls, unpackOutcomes } from './batch.js';
export type { PackedOutcomes } from './batch.js';
export { MAX_THROWN_BYTES, UNHANDLED_REJECTION, SLOT } from './protocol.js';
export type {
  CallWire,
  CapabilityAnswerWire,
  CapabilityCallWire,
  CapabilityErrorWire,
  CapabilityWire,
  EngineModule,
  EngineStats,
  ErrorWire,
  ExtensionWire,
  HostMessage,
  InstallWire,
  Isolation,
  LoadedWire,
  LoadReply,
  OutcomesWire,
  OutcomeWire,
  PackedWire,
  Registration,
  ResponseWire,
  SettlementWire,
  SnapshotWire,
  SyncParameter,
  ThreadMessage,
  ThreadTask,
  ThrownWire,
  UsageWire,
} from './protocol.js';

// For the packages of this project.
export { check } from './check.js';
export { choices, custom, describeSchema, named, unwrap } from './describe-schema.js';
export { explain, formatPath, formatProblem, type Problem } from './explain.js';
export { AdaptiveSpin } from './internal/adaptive-spin.js';
export { IdMap } from './internal/id-map.js';
export { LinkedList, type Link } from './internal/linked-list.js';
export { MemoryBudget, type BudgetShare } from './memory-budget.js';
export { suggest } from './suggest.js';
