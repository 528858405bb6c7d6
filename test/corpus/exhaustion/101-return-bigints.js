// 60 big numbers: 6 ms of the main thread each.
// expect: ok,error,memory,timeout | phase: call
export default async function probe() {
  const b = 1n << 1048000n; return Array.from({ length: 60 }, () => b);
  return 'finished';
}
