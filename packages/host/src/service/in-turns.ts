/**
 * A body whose pieces are made when its reader asks for them, one in each turn of the event loop.
 */
export function inTurns(pieces: Iterator<string | Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = pieces.next();
      if (done === true) return controller.close();
      controller.enqueue(typeof value === 'string' ? Buffer.from(value) : value);
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
}
