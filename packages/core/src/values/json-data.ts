/**
 * A value for a sandbox whose `data` is a text, which the guest's realm parses if it is JSON: what an upstream sends is
 * parsed by whoever asked for it, under its limits, and not by the host's thread.
 */
export class JsonData {
  readonly value: Readonly<Record<string, unknown> & { data: string }>;

  constructor(value: JsonData['value']) {
    this.value = value;
  }
}
