import { type Registration, SandglassError } from '@sandglass/core';

export type OperationRegistration = Extract<Registration, { type: 'operation' }>;

interface Operation<Owner> {
  /** Name of the extension. */
  name: string;
  owner: Owner;
  handler: number;
}

/** The operations by id. An id belongs to one extension. */
export class OperationRegistry<Owner> {
  readonly #operations = new Map<string, Operation<Owner>>();

  /**
   * Registers an extension's operations, in place of those it had.
   *
   * @throws {SandglassError} `E_LOAD` naming both extensions if one of the ids is taken; nothing
   *   changes then.
   */
  register(name: string, owner: Owner, registrations: readonly OperationRegistration[]): void {
    for (const { id } of registrations) {
      const other = this.#operations.get(id);
      if (other && other.name !== name) {
        throw new SandglassError(
          'E_LOAD',
          `Cannot register the operation "${id}" of "${name}": "${other.name}" has one of that id`,
          { extension: name },
        );
      }
    }
    this.unregister(name);
    for (const { id, handler } of registrations) this.#operations.set(id, { name, owner, handler });
  }

  unregister(name: string): void {
    for (const [id, operation] of this.#operations) if (operation.name === name) this.#operations.delete(id);
  }

  find(id: string): { owner: Owner; handler: number } | undefined {
    return this.#operations.get(id);
  }
}
