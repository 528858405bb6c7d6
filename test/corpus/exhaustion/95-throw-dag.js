// Thrown data whose JSON is endless (call API).
// expect: error | phase: call
export default async function probe() {
  let a = 1; for (let i = 0; i < 60; i++) a = [a, a]; throw { a };
  return 'finished';
}
