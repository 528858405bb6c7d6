/** Events in their order: a binary heap. */
export class Agenda {
  #heap = [];

  get size() {
    return this.#heap.length;
  }

  get nextMs() {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  add(atMs, run) {
    const heap = this.#heap;
    let at = heap.push({ atMs, run }) - 1;
    for (let up = (at - 1) >> 1; at > 0 && heap[up].atMs > heap[at].atMs; up = (at - 1) >> 1) {
      [heap[up], heap[at]] = [heap[at], heap[up]];
      at = up;
    }
  }

  take() {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0, down = 1; down < heap.length; down = 2 * at + 1) {
      if (down + 1 < heap.length && heap[down + 1].atMs < heap[down].atMs) down += 1;
      if (heap[down].atMs >= heap[at].atMs) break;
      [heap[down], heap[at]] = [heap[at], heap[down]];
      at = down;
    }
    return first;
  }
}
