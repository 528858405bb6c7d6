import { describe, expect, test } from 'vitest';

import { AddressGate } from '../../packages/host/src/gate/index.js';
import { readCorpus } from './corpus.js';

interface AddressRow {
  address: string;
  blocked: boolean;
  why: string;
}

const gate = new AddressGate();
const rows = readCorpus<AddressRow>('ip');

describe('IP addresses', () => {
  test.each(rows.map((row): [string, boolean, string] => [row.address, row.blocked, row.why]))(
    'AddressGate.denies(%j) is %s (%s)',
    (address, blocked) => {
      expect(gate.denies(address)).toBe(blocked);
    },
  );
});
