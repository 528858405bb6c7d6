import { describe, expect, test } from 'vitest';

import { Slab } from './slab.js';

describe('Slab', () => {
  test('short pieces share a buffer and do not overlap', () => {
    const slab = new Slab();
    const pieces = Array.from({ length: 50 }, (_, i) => slab.take(100 + i).fill(i + 1));
    expect(new Set(pieces.map(({ buffer }) => buffer)).size).toBe(2);
    for (const [i, piece] of pieces.entries()) {
      expect(piece.length).toBe(100 + i);
      expect(piece.every((byte) => byte === i + 1)).toBe(true);
    }
  });

  test('a long piece has its own buffer', () => {
    const { buffer } = new Slab().take(513);
    expect(buffer.byteLength).toBe(513);
  });
});
