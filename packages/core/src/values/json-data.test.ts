import { describe, expect, test } from 'vitest';

import { decodeValue } from './decode.js';
import { encodeValue } from './encode.js';
import { FORM } from './format.js';
import { JsonData } from './json-data.js';

describe('JsonData', () => {
  test('data that a guest parses goes into a sandbox as text, and never comes out of one', () => {
    const answer = { status: 200, headers: { a: ['b'] }, data: '{"c":1}' };
    const bytes = encodeValue(new JsonData(answer));
    expect(bytes[0]).toBe(FORM.json);
    expect(() => decodeValue(bytes)).toThrow(expect.objectContaining({ code: 'E_CLONE' }));
    expect(bytes.subarray(1)).toEqual(encodeValue(answer).subarray(1));
  });
});
