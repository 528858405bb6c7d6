// Thrown data nested 999 deep.
// expect: error | phase: call
export default async function probe() {
  let a = []; for (let i = 0; i < 999; i++) a = [a]; throw { a };
  return 'finished';
}
