/** A body that is made piece by piece, one to a turn of the event loop, as its reader takes it. */
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
