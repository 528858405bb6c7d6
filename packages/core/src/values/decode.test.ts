import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isSandglassError } from '../errors.js';
import { decodeValue } from './decode.js';
import { encodeValue } from './encode.js';
import { FORM, SERIAL_VERSION, TAG, type Table } from './format.js';
import { revive } from './revive.js';
import { Writer } from './writer.js';

const NUM_RUNS = Number(process.env['SANDGLASS_FUZZ'] ?? 5_000);

const CLONE_ERROR = expect.objectContaining({ code: 'E_CLONE' });

/** What hostile bytes come to: a value, or a code. Any other error is a defect. */
function outcomeOf(bytes: Uint8Array): string {
  try {
    decodeValue(bytes);
    return 'value';
  } catch (error) {
    return isSandglassError(error) ? error.code : String(error);
  }
}

const ALLOWED = ['value', 'E_CLONE'];

function forge(write: (writer: Writer) => void, atoms: string[] = []): Uint8Array {
  const writer = new Writer();
  writer.u8(FORM.direct);
  writer.u8(SERIAL_VERSION);
  writer.leb(atoms.length);
  for (const atom of atoms) writer.string(atom);
  write(writer);
  return writer.bytes.slice(0, writer.at);
}

const node = (...parts: unknown[]): Table => [[0], [parts]] as unknown as Table;

describe('decodeValue', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['an unknown form', new Uint8Array([9, SERIAL_VERSION, 0, TAG.null])],
    ['another version', new Uint8Array([FORM.direct, SERIAL_VERSION + 1, 0, TAG.null])],
    ['no value', forge(() => {})],
    ['an unknown tag', forge((writer) => writer.u8(99))],
    ['more atoms than bytes', new Uint8Array([FORM.direct, SERIAL_VERSION, 0xff, 0xff, 0xff, 0xff, 0x0f, TAG.null])],
    [
      'a string longer than the bytes',
      forge((writer) => [TAG.string, 0xff, 0xff, 0xff, 0xff, 0x0f].forEach((byte) => writer.u8(byte))),
    ],
    [
      'an array longer than the bytes',
      forge((writer) => [TAG.array, 0xff, 0xff, 0xff, 0xff, 0x0f].forEach((byte) => writer.u8(byte))),
    ],
    [
      'an object longer than the bytes',
      forge((writer) => [TAG.object, 0xff, 0xff, 0xff, 0xff, 0x0f].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a buffer longer than the bytes',
      forge((writer) => [TAG.arrayBuffer, 0xff, 0xff, 0xff, 0xff, 0x0f, 0].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a bigint longer than the bytes',
      forge((writer) => [TAG.bigint, 0xff, 0xff, 0xff, 0xff, 0x0f].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a length without end',
      forge((writer) => [TAG.array, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff].forEach((byte) => writer.u8(byte))),
    ],
    [
      'an atom that is not there',
      forge((writer) => [TAG.object, 1, 8, TAG.null].forEach((byte) => writer.u8(byte)), ['a']),
    ],
    ['a reference to nothing', forge((writer) => [TAG.reference, 0].forEach((byte) => writer.u8(byte)))],
    [
      'a view on an array',
      forge((writer) => [TAG.typedArray, 2, 0, 0, TAG.array, 0].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a view that is its own buffer',
      forge((writer) => [TAG.typedArray, 2, 0, 0, TAG.reference, 0].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a view of no known type',
      forge((writer) => [TAG.typedArray, 99, 0, 0, TAG.arrayBuffer, 0, 0].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a view beyond its buffer',
      forge((writer) => [TAG.typedArray, 2, 9, 0, TAG.arrayBuffer, 1, 0, 7].forEach((byte) => writer.u8(byte))),
    ],
    [
      'a view that does not fit its type',
      forge((writer) => [TAG.typedArray, 11, 1, 1, TAG.arrayBuffer, 0].forEach((byte) => writer.u8(byte))),
    ],
    ['a date of an object', forge((writer) => [TAG.date, TAG.object, 0].forEach((byte) => writer.u8(byte)))],
    ['a date of text', forge((writer) => [TAG.date, TAG.string, 0].forEach((byte) => writer.u8(byte)))],
    ['a box of an array', forge((writer) => [TAG.boxed, TAG.array, 0].forEach((byte) => writer.u8(byte)))],
    [
      'boxes without end',
      forge((writer) => {
        for (let i = 0; i < 100_000; i++) writer.u8(TAG.boxed);
      }),
    ],
    [
      'dates without end',
      forge((writer) => {
        for (let i = 0; i < 100_000; i++) writer.u8(TAG.date);
      }),
    ],
    [
      'arrays without end',
      forge((writer) => {
        for (let i = 0; i < 100_000; i++) {
          writer.u8(TAG.array);
          writer.u8(1);
        }
      }),
    ],
    [
      'views without end',
      forge((writer) => {
        for (let i = 0; i < 100_000; i++) [TAG.typedArray, 2, 0, 0].forEach((byte) => writer.u8(byte));
      }),
    ],
  ])('%s is E_CLONE', (_, bytes) => {
    expect(() => decodeValue(bytes)).toThrow(CLONE_ERROR);
  });

  test('names that were read before are not taken for others of the same length', () => {
    const of = (name: string): Uint8Array => encodeValue({ [name]: 1, ['x'.repeat(600)]: 2 });
    const short = (name: string): Uint8Array => encodeValue({ [name]: 1 });
    for (const name of ['ab', 'cd', 'ab', '__proto_', 'constru_'])
      for (const encode of [of, short]) expect(Object.keys(decodeValue(encode(name)) as object)[0]).toBe(name);
  });

  test('__proto__ from a sandbox is data, each time', () => {
    const bytes = forge(
      (writer) => [TAG.object, 1, 2, TAG.object, 1, 4, TAG.true].forEach((byte) => writer.u8(byte)),
      ['__proto__', 'polluted'],
    );
    for (const value of [decodeValue(bytes), decodeValue(bytes)] as object[]) {
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toEqual(['__proto__']);
    }
    expect('polluted' in {}).toBe(false);
  });

  test.each<[string, unknown]>([
    ['no table', 5],
    ['a table without nodes', [[0]]],
    ['an index that is not there', [[7], []]],
    ['an index that is no number', [['length'], [['object', [], []]]]],
    ['a slot that is an object', [{}, []]],
    ['a node of no known kind', node('proxy')],
    ['a node that is no list', [[0], [5]]],
    ['keys that are no list', node('object', 5, [])],
    ['keys that are no text', node('object', [[[]]], [1])],
    ['an array with a negative length', node('array', -1, [], [])],
    ['an array with half a length', node('array', 1.5, [], [])],
    ['an array of four billion holes', node('array', 2 ** 32 - 1, [], [])],
    ['an array with an element called length', node('array', 0, ['length'], [4e9])],
    ['an array with an element beyond its end', node('array', 0, ['4294967294'], [1])],
    ['a date of text', node('date', '2020')],
    ['a date of a list', node('date', [])],
    ['a regular expression that is none', node('regexp', '(', '')],
    ['a regular expression with flags that are none', node('regexp', 'a', 'zz')],
    ['a regular expression of lists', node('regexp', [['a']], 'g')],
    ['a buffer of bytes', node('buffer', [1, 2])],
    ['a view that is its own buffer', node('view', 'Uint8Array', [0], 0, 0)],
    [
      'a view of a host class',
      [
        [0],
        [
          ['view', 'SharedArrayBuffer', [1], 0, 0],
          ['buffer', new ArrayBuffer(8)],
        ],
      ],
    ],
    [
      'a view on a list',
      [
        [0],
        [
          ['view', 'Uint8Array', [1], 0, 0],
          ['array', 0, [], []],
        ],
      ],
    ],
    ['an error without a name', node('error', 5, '', '', false, undefined)],
    ['a box of undefined', node('boxed', undefined)],
    ['a map without values', node('map', [1], 5)],
  ])('a table with %s is E_CLONE', (_, table) => {
    expect(() => revive(table as Table)).toThrow(CLONE_ERROR);
  });

  test.each<[string, unknown]>([
    [
      'out of order',
      [
        [1],
        [
          ['object', [], []],
          ['set', [[0]]],
        ],
      ],
    ],
    ['that nothing refers to', [5, [['object', [], []]]]],
    ['referred to by half a number', [[0.5], [['object', [], []]]]],
    ['referred to by a negative number', [[-1], [['object', [], []]]]],
  ])('a table with a node %s is E_CLONE', (_, table) => {
    expect(() => revive(table as Table)).toThrow(CLONE_ERROR);
  });

  test('a chain of nodes deeper than 1,000 is E_CLONE, however long', () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => ['set', [[i + 1]]]);
    expect(() => revive([[0], [...nodes, ['set', []]]] as unknown as Table)).toThrow(/nested more than 1000 deep/);
  });

  test('an error name from a table is one of the language', () => {
    const error = revive(node('error', 'constructor', 'text', 'at nowhere', false, undefined)) as Error;
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(error.stack).toBe('at nowhere');
  });

  test('hostile bytes come to a value or to E_CLONE', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, headed) => {
        const all = headed ? new Uint8Array([bytes.length % 2, SERIAL_VERSION, 0, ...bytes]) : bytes;
        expect(ALLOWED).toContain(outcomeOf(all));
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test('a value with some bytes changed comes to a value or to E_CLONE', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withBoxedValues: true,
    });
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(anything, fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(), (value, changes, cut) => {
        const bytes = encodeValue(value);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        expect(ALLOWED).toContain(outcomeOf(bytes));
        expect(ALLOWED).toContain(outcomeOf(bytes.subarray(0, cut % bytes.length)));
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test('a small message cannot become a large value', () => {
    const before = process.memoryUsage();
    for (let i = 0; i < 1_000; i++) {
      outcomeOf(forge((writer) => [TAG.array, 0xff, 0xff, 0x03, TAG.null].forEach((byte) => writer.u8(byte))));
      outcomeOf(forge((writer) => [TAG.arrayBuffer, 0xff, 0xff, 0xff, 0x7f, 0].forEach((byte) => writer.u8(byte))));
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 << 20);
  });

  test('a value of more names than move at once is E_QUOTA', () => {
    const names = Array.from({ length: 262_145 }, (_, i) => `n${i}`);
    const bytes = forge((writer) => writer.u8(TAG.null), names);
    expect(() => decodeValue(bytes)).toThrow(expect.objectContaining({ code: 'E_QUOTA' }));
  });
});
