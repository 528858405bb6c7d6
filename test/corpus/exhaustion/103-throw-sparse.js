// Thrown data with too many holes: must be the guest's error, not E_WORKER_LOST.
// expect: error | phase: call
export default async function probe() {
  throw { a: new Array(2e6) };
  return 'finished';
}
