// Return an array of four billion holes inside an object: a native copy without memory would write for a minute.
// expect: memory,quota,error | phase: return
export default async function probe() {
  return { list: [{ deep: new Array(2 ** 32 - 1) }] };
}
