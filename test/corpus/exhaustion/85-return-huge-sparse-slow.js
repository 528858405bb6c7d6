// The same with an array that the engine keeps as a table of properties.
// expect: memory,quota,error | phase: return
export default async function probe() {
  const a = []; a[2 ** 32 - 2] = 1; return [a];
}
