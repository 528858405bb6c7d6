// A getter of the result that never ends: it is read inside the limits.
// expect: timeout | phase: return
export default async function probe() {
  return { get a() { for (;;) {} } };
}
