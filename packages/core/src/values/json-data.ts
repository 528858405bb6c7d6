/**
 * A value for a sandbox with a text that the guest's realm parses: `data`, what an upstream sent,
 * if it is JSON; or `body`, what a client sent, which is. It is parsed by whoever asked for it,
 * under its limits, and not by the host's thread.
 */
export class JsonData {
  readonly value: Readonly<Record<string, unknown> & ({ data: string } | { body: string })>;

  constructor(value: JsonData['value']) {
    this.value = value;
  }
}
