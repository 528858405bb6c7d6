/** Runs something, and counts the turns of the event loop until it is done. */
export async function countTurns<T>(run: () => Promise<T>): Promise<[turns: number, result: T]> {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  try {
    const result = await run();
    return [turns, result];
  } finally {
    clearImmediate(next);
  }
}
