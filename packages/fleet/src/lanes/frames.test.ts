import { describe, expect, test } from 'vitest';

import { FrameReader, FrameWriter, MAX_MESSAGE_BYTES, type Message, readHangUp } from './frames.js';

/** What a reader makes of what was written, and how many frames there were. */
function cross(maxPayloadBytes: number, write: (writer: FrameWriter) => void): { messages: Message[]; frames: number } {
  const frames: Uint8Array[] = [];
  write(new FrameWriter(maxPayloadBytes, (frame) => frames.push(frame)));
  const reader = new FrameReader();
  const messages = frames.map((frame) => reader.read(frame)).filter((message) => message !== undefined);
  return { messages, frames: frames.length };
}

describe('messages of a session', () => {
  test('arrive in their order, with their list and their value', () => {
    const packed = Uint8Array.of(1, 2, 3, 4);
    const { messages, frames } = cross(1_024, (writer) => {
      writer.write(2, { id: 1, errors: [] }, packed);
      writer.write(7);
      writer.write(8, 0.5);
    });
    expect(frames).toBe(3);
    expect(messages).toEqual([
      { type: 2, value: { id: 1, errors: [] }, packed },
      { type: 7, value: undefined, packed: new Uint8Array() },
      { type: 8, value: 0.5, packed: new Uint8Array() },
    ]);
  });

  test('that are larger than the server takes go in parts', () => {
    const packed = new Uint8Array(1_000).map((_, i) => i);
    const { messages, frames } = cross(112, (writer) => writer.write(2, { text: 'x'.repeat(500) }, packed));
    expect(frames).toBeGreaterThan(15);
    expect(messages).toEqual([{ type: 2, value: { text: 'x'.repeat(500) }, packed }]);
  });

  test('that are too large are refused where they are made', () => {
    const frames: Uint8Array[] = [];
    const writer = new FrameWriter(2 ** 20, (frame) => frames.push(frame));
    expect(writer.write(2, undefined, new Uint8Array(MAX_MESSAGE_BYTES + 1))).toBe(false);
    expect(frames).toEqual([]);
  });
});

describe('a reader of frames', () => {
  const frame = (type: number, flags: number, count: number, packedBytes = 0): Uint8Array => {
    const bytes = Buffer.alloc(16);
    bytes.set([type, flags]);
    bytes.writeUInt32LE(count, 4);
    bytes.writeUInt32LE(packedBytes, 8);
    return bytes;
  };

  test.each<[string, Uint8Array, string]>([
    ['that is too short', new Uint8Array(11), 'a frame is too short'],
    ['that is not the next', frame(1, 0, 2), 'messages were lost on the way'],
    ['whose list is longer than it', frame(1, 0, 1, 5), 'a message is shorter than it says'],
    ['whose value is none', frame(1, 0, 1, 0), 'it is malformed'],
  ])('throws for one %s', (_, bytes, message) => {
    expect(() => new FrameReader().read(bytes)).toThrow(message);
  });

  test('keeps no more parts than a message may have', () => {
    const reader = new FrameReader();
    const part = Buffer.alloc((MAX_MESSAGE_BYTES >> 2) + 12);
    const read = (count: number): Message | undefined => {
      part.set(frame(1, 1, count));
      return reader.read(part);
    };
    expect([1, 2, 3, 4].map(read)).toEqual([undefined, undefined, undefined, undefined]);
    expect(() => read(5)).toThrow('a message is too large');
  });

  test('knows the frame that ends a session, and why it does', () => {
    const frames: Uint8Array[] = [];
    new FrameWriter(1_024, (bytes) => frames.push(bytes)).hangUp('the runner ends');
    expect(frames.map(readHangUp)).toEqual(['the runner ends']);
    expect(readHangUp(frame(1, 0, 1))).toBe(undefined);
  });
});
