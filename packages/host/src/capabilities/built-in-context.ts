import type { CallEnd } from '../time/call-end.js';
import type { CapabilityContext } from './define.js';

/** What the built-in capabilities know of the call that they serve. */
export interface BuiltInContext<Scope = unknown> extends CapabilityContext<Scope> {
  /** The end that `signal` fires for. */
  ending: CallEnd;
}
