/** A snapshot of 300 KB over 1 Gbit/s. */
const TRANSFER_MS = 2.4;
/** What the first call of an extension costs an engine. */
const COLD_MS = 1;
/** Extensions that a runner keeps: a quarter of 8 GiB in snapshots of 400 KB. */
const KEPT = 5_000;

/** A runner as a queue before its engines. */
export class ModelRunner {
  constructor(id, engines) {
    this.id = id;
    this.freeAtMs = new Float64Array(engines).fill(performance.now());
    this.warm = new Map(); // by extension, the coldest first
    this.busyMs = 0;
    this.cold = 0;
    this.calls = 0;
  }
  get loadMs() {
    const nowMs = performance.now();
    return this.freeAtMs.reduce((sum, atMs) => sum + Math.max(atMs - nowMs, 0), 0) / this.freeAtMs.length;
  }
  /** @returns when its call will be over. */
  run(extensionId, costMs, link) {
    const nowMs = performance.now();
    const isCold = !this.warm.delete(extensionId);
    this.warm.set(extensionId, link);
    this.calls += 1;
    if (isCold) this.cold += 1;
    if (this.warm.size > KEPT) {
      const [[coldest, owner]] = this.warm;
      this.warm.delete(coldest);
      owner.events.cold([coldest]);
    }
    let engine = 0;
    for (let i = 1; i < this.freeAtMs.length; i++) if (this.freeAtMs[i] < this.freeAtMs[engine]) engine = i;
    const tookMs = costMs + (isCold ? COLD_MS : 0);
    const startMs = Math.max(this.freeAtMs[engine], nowMs + (isCold ? TRANSFER_MS : 0));
    this.busyMs += tookMs;
    return (this.freeAtMs[engine] = startMs + tookMs);
  }
}
