import type { CapabilityErrorWire, ResponseWire } from '@sandglass/core';

/** Codes that a capability call can end with. */
export type CapabilityErrorCode = 'E_SCOPE' | 'E_NETWORK' | 'E_GUEST' | 'E_QUOTA';

export interface CapabilityErrorOptions {
  /** Class of the Error that the guest gets. @default 'Error' */
  name?: CapabilityErrorWire['name'];
  /** Own properties of the guest's Error, not enumerable. */
  properties?: Record<string, string | number>;
  /** The answer behind it, which the guest's Error has as `response`. */
  response?: ResponseWire;
  /** For the audit. The guest never sees it. */
  cause?: unknown;
}

/**
 * A capability call that failed, in words meant for the guest: nothing about the host belongs in
 * the message.
 */
export class CapabilityError extends Error {
  override readonly name = 'CapabilityError';
  readonly wire: CapabilityErrorWire;

  /**
   * @param code `E_SCOPE` for a refusal; the call ends with it when the guest lets the error
   *   through.
   */
  constructor(code: CapabilityErrorCode, message: string, options: CapabilityErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    const { name = 'Error', properties, response } = options;
    this.wire = properties === undefined ? { name, message, code } : { name, message, properties, code };
    if (response) this.wire.response = response;
  }
}

/** A TypeError for the guest: it passed something of the wrong type. */
export function typeError(message: string): CapabilityError {
  return new CapabilityError('E_GUEST', message, { name: 'TypeError' });
}

/** The refusal of a capability that the grant does not hold (docs/contract.md §6). */
export function noPermission(capability: string): CapabilityError {
  return new CapabilityError('E_SCOPE', `No permission to access "${capability}"`);
}
