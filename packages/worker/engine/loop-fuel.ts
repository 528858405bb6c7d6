import { NO_RESULT, OP } from './opcodes.js';
import type { BinaryWriter } from './wasm-binary.js';

/*
 * Before each branch back to the start of a loop in its own code, the instrumented engine burns one
 * unit of fuel. At zero it polls: it asks its host whether to go on. QuickJS polls between
 * bytecodes, never inside a native: `[].join` over a billion holes, a sort or a big number would
 * run for minutes and could only be ended with the thread.
 *
 * The host ends the instance by throwing through it.
 */

/**
 * Iterations between two polls. 65,536 short ones take 0.1 ms, long ones a few ms; a poll takes 0.2
 * µs.
 */
export const FUEL: number = 1 << 16;

/**
 * log2 of the bytes of a bulk write that count as one iteration of a loop: 16 of them take as long.
 */
const BYTES_SHIFT = 4;

/**
 * Writes the code that burns fuel, in front of a branch.
 *
 * @param local an i32 of the function that is free.
 * @param fuel index of the global that is counted down.
 * @param poll index of the function that is asked, with 0.
 */
export function countLoop(out: BinaryWriter, local: number, fuel: number, poll: number): void {
  countDown(out, local, fuel, () => out.constant(1));
  out.raw(OP.i32Eqz);
  pollIf(out, fuel, poll);
}

/**
 * Counts a bulk write by its length: `fill`, `copyWithin` and new buffers have no loop.
 *
 * @param length the local that holds it. It is used up.
 */
export function chargeLength(out: BinaryWriter, length: number, fuel: number, poll: number): void {
  countDown(out, length, fuel, () => {
    out.local(OP.localGet, length);
    out.constant(BYTES_SHIFT);
    out.raw(OP.i32ShrU);
  });
  out.constant(0);
  out.raw(OP.i32LeS);
  pollIf(out, fuel, poll);
}

/** Subtracts a cost from the fuel. The rest is on the stack and in the local. */
function countDown(out: BinaryWriter, local: number, fuel: number, cost: () => void): void {
  out.local(OP.globalGet, fuel);
  cost();
  out.raw(OP.i32Sub);
  out.local(OP.localTee, local);
  out.local(OP.globalSet, fuel);
  out.local(OP.localGet, local);
}

function pollIf(out: BinaryWriter, fuel: number, poll: number): void {
  out.raw(OP.if, NO_RESULT);
  out.constant(FUEL);
  out.local(OP.globalSet, fuel);
  out.constant(0);
  out.local(OP.call, poll);
  out.raw(OP.drop, OP.end);
}
