import { OP } from './opcodes.js';
import type { Body } from './rewrite-code.js';
import { BinaryReader } from './wasm-binary.js';

/*
 * QuickJS hashes names, shapes and the keys of a Map by multiplying with constants that anybody can
 * look up, so that a client can send 14,000 keys of JSON that all meet in one chain. Here each of
 * those constants becomes a global, which its host sets: a secret, odd number for each sandbox that
 * is booted. What is hashed lies in a snapshot, so the number goes with it (`SnapshotHeader`).
 *
 * The number has to be the multiplier: two strings of one length that collide for one start value
 * do for every other.
 */

/** Value of the global until it is set. */
export const UNSEEDED: number = 0x9e37_79b1 | 0;

/**
 * Of strings and big numbers; of a Map's keys (2^32 divided by the golden ratio, negative); of
 * shapes, and the same negative.
 */
const MULTIPLIERS = [263, 1640531527, -1640562687] as const;
const NEGATIVE = 1640562687;
/** Of doubles in a Map. */
const MULTIPLIER_64 = 7046029254386353131n;

/**
 * Replaces a constant that was just read, if it is one of those.
 *
 * @param at where it begins.
 * @param seed index of the global.
 */
export function replaceMultiplier(body: Body, at: number, seed: number): void {
  const { code, out } = body;
  const value = new BinaryReader(code.bytes, at + 1).signed();
  const next = code.bytes[code.at];
  const isMultiplier = next === OP.i32Mul && MULTIPLIERS.some((each) => BigInt(each) === value);
  const isNegative = next === OP.i32Sub && value === BigInt(NEGATIVE);
  const is64 = next === OP.i64Mul && value === MULTIPLIER_64;
  if (!isMultiplier && !isNegative && !is64) return;
  if (is64) body.insertAt(code.at);
  else body.replaceFrom(at);
  if (isNegative) out.constant(0);
  out.local(OP.globalGet, seed);
  if (isNegative) out.raw(OP.i32Sub);
  if (is64) out.raw(OP.i64ExtendI32U, OP.i64Mul);
}
