// A host in the shape of Directus: items go through the filters of `items.create`, what happened is
// told to actions, and flows run operations one after the other.

/**
 * @typedef {object} Flow
 * @property {string} trigger Event that starts it, for example `articles.items.create`.
 * @property {{ operation: string, options: (data: Record<string, unknown>) => unknown }[]} steps
 */

export class ItemsService {
  /** @type {Map<string, object[]>} */
  #collections = new Map();
  #host;
  #flows;

  /**
   * @param {import('@sandglass/host').Host} host
   * @param {Flow[]} flows
   */
  constructor(host, flows = []) {
    this.#host = host;
    this.#flows = flows;
  }

  /**
   * Creates an item. A filter may change it, or refuse it by a throw.
   *
   * @returns its key, and what each flow ended with.
   */
  async create(collection, payload) {
    const events = ['items.create', `${collection}.items.create`];
    let item = payload;
    for (const event of events) item = await this.#host.filter(event, item);

    const items = this.#collections.get(collection) ?? [];
    const key = items.push(item);
    this.#collections.set(collection, items);

    const meta = { payload: item, key, collection };
    // a failed one is logged, and nothing else
    await Promise.all(events.map((event) => this.#host.action(event, meta)));
    const flows = await Promise.all(
      this.#flows.filter(({ trigger }) => events.includes(trigger)).map((flow) => this.#run(flow, meta)),
    );
    return { key, flows };
  }

  read(collection, key) {
    return this.#collections.get(collection)?.[key - 1];
  }

  /**
   * Each step sees the trigger and the result of the step before. A step that fails ends the flow.
   */
  async #run({ steps }, trigger) {
    const data = { $trigger: trigger, $last: undefined };
    try {
      for (const { operation, options } of steps) data.$last = await this.#host.operation(operation, options(data));
      return { resolved: data.$last };
    } catch (error) {
      // What the extension threw is the flow's own business; the rest of the error is the
      // operator's.
      return { rejected: error.code === 'E_GUEST' ? (error.cause?.message ?? error.cause) : error.code };
    }
  }
}
