// Return Maps nested 100000 deep: no recursion of the copy may end the sandbox.
// expect: error,stack,memory | phase: return
export default async function probe() {
  let m = new Map(); for (let i = 0; i < 100000; i++) m = new Map([[1, m]]); return m;
}
