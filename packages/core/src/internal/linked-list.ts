/** An element of a list. */
export interface Link<Value> {
  readonly value: Value;
}

/**
 * A class, not a literal, as all that is made for each call and holds something: V8 takes note of
 * how long the objects of a literal live. If the first calls take long, it makes all later ones
 * among its old objects at once (pretenuring), where they keep what they hold, although dead, until
 * the next major collection. That costs up to a quarter of the throughput for good.
 */
class Node<Value> implements Link<Value> {
  readonly value: Value;
  list: LinkedList<Value> | undefined;
  next: Node<Value> | undefined;
  previous: Node<Value> | undefined;

  constructor(value: Value) {
    this.value = value;
    this.list = undefined;
    this.next = undefined;
    this.previous = undefined;
  }
}

/**
 * An ordered collection that any value leaves in constant time.
 *
 * For what changes with every call, in place of a `Set` or `Map`. In V8, a table that a `Set` or
 * `Map` has outgrown points to the next one. Once a major collection has made one of them old,
 * every later table, with all that was in it, lives until the next major collection (nepotism of
 * the garbage collector). That costs a fifth of the throughput
 * (docs/decisions/tables-of-calls-are-lists.md).
 */
export class LinkedList<Value> {
  #first: Node<Value> | undefined;
  #last: Node<Value> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Value | undefined {
    return this.#first?.value;
  }

  /** An element that is in no list yet. */
  static link<Value>(value: Value): Link<Value> {
    return new Node(value);
  }

  /** Adds a value at the end. */
  push(value: Value): Link<Value> {
    return this.append(new Node(value));
  }

  /** Adds an element that is in no list, at the end. */
  append(link: Link<Value>): Link<Value> {
    const node = link as Node<Value>; // links are made here
    node.list = this;
    node.previous = this.#last;
    if (this.#last) this.#last.next = node;
    else this.#first = node;
    this.#last = node;
    this.#size++;
    return node;
  }

  /** Adds a value in front. */
  unshift(value: Value): Link<Value> {
    const node = new Node(value);
    node.list = this;
    node.next = this.#first;
    if (this.#first) this.#first.previous = node;
    else this.#last = node;
    this.#first = node;
    this.#size++;
    return node;
  }

  /** @returns false if it is not, or no longer, in this list. */
  remove(link: Link<Value>): boolean {
    const node = link as Node<Value>;
    if (node.list !== this) return false;
    if (node.previous) node.previous.next = node.next;
    else this.#first = node.next;
    if (node.next) node.next.previous = node.previous;
    else this.#last = node.previous;
    node.list = undefined;
    node.next = undefined; // keeps nothing alive
    node.previous = undefined;
    this.#size--;
    return true;
  }

  /** Takes the first value out; undefined if there is none. */
  shift(): Value | undefined {
    const first = this.#first;
    if (first) this.remove(first);
    return first?.value;
  }

  /** From the first to the last. The value at hand may leave meanwhile. */
  *[Symbol.iterator](): Generator<Value> {
    for (let node = this.#first; node;) {
      const { next, value } = node;
      yield value;
      node = next;
    }
  }
}
