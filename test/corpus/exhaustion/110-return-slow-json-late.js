// Near the end of its time, numbers whose JSON takes the engine's host longer than the grace.
// expect: ok,memory,quota,timeout | phase: call
export default async function probe() {
  const until = Date.now() + 850;
  const list = Array.from({ length: 400000 }, (_, i) => i + 0.1);
  list.push(NaN);
  while (Date.now() < until);
  return list;
}
