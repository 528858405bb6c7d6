// Throw an error whose own data is deep, cyclic, full of functions and getters that throw.
// expect: error,stack,memory | phase: return
export default async function probe() {
  let o = {}; for (let i = 0; i < 50000; i++) o = { o };
  throw Object.assign(new Error('m'), { o, f() {}, nested: { f() {} }, cycle: globalThis, get bad() { return 1; } });
}
