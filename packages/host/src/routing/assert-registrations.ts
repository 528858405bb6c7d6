import { type Registration, SandglassError } from '@sandglass/core';

/** Routes, hooks and operations of one extension. */
export const MAX_REGISTRATIONS = 1_000;
/** Characters of their paths, events and ids together: what is shown of them is small. */
export const MAX_REGISTERED_CHARACTERS = 65_536;
/** Longest id of an operation. */
const MAX_ID_LENGTH = 256;

/**
 * Asserts that what an extension registered is not too much to be listed.
 *
 * @throws {SandglassError} `E_LOAD` naming the limit.
 */
export function assertRegistrations(registrations: readonly Registration[]): void {
  const refuse = (what: string, count: number, limit: number): never => {
    throw new SandglassError('E_LOAD', `${what}: ${count}, at most ${limit} are allowed`);
  };
  if (registrations.length > MAX_REGISTRATIONS)
    refuse('It registers too many routes, hooks or operations', registrations.length, MAX_REGISTRATIONS);
  let characters = 0;
  for (const registration of registrations) {
    const { length } = textOf(registration);
    if (registration.type === 'operation' && length > MAX_ID_LENGTH)
      refuse('The id of an operation has too many characters', length, MAX_ID_LENGTH);
    characters += length;
  }
  if (characters > MAX_REGISTERED_CHARACTERS)
    refuse('Its paths, events and ids have too many characters', characters, MAX_REGISTERED_CHARACTERS);
}

function textOf(registration: Registration): string {
  switch (registration.type) {
    case 'route':
      return registration.path;
    case 'filter':
    case 'action':
      return registration.event;
    case 'operation':
      return registration.id;
    default:
      return registration satisfies never;
  }
}
