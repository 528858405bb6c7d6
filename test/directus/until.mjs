/** Waits until something is so. @throws if it is not within `timeoutMs` */
export async function until(isSo, timeoutMs) {
  const end = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`nothing within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
