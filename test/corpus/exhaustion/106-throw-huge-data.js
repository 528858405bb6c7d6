// Thrown data above maxResultBytes.
// expect: error,quota,memory | phase: call
export default async function probe() {
  throw { a: 'y'.repeat(5e6) };
  return 'finished';
}
