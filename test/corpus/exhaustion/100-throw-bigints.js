// Big numbers in thrown data: decoded and encoded outside of the limits.
// expect: timeout,error | phase: call
export default async function probe() {
  const b = 1n << 1048000n; const t = Date.now(); while (Date.now() - t < 850); throw { a: Array.from({ length: 40 }, () => b) };
  return 'finished';
}
