// Fast branches raise the countdown, then buffers of 28 MB are made and cleared.
// expect: timeout | phase: call
export default async function probe() {
  for (;;) { let n = 0; for (let k = 0; k < 5100; k++) n++; for (let k = 0; k < 440; k++) new Uint8Array(28e6); }
  return 'finished';
}
