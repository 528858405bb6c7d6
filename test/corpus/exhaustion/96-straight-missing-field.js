// Code without branches and calls, in which each step walks 120,000 prototypes.
// expect: timeout | phase: call
export default async function probe() {
  let p = {}; for (let i = 0; i < 120000; i++) p = Object.create(p); return new Function('p', 'p.zzz;'.repeat(20000))(p);
  return 'finished';
}
