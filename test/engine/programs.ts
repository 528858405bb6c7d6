import * as fc from 'fast-check';

/*
 * Random programs that write wherever a guest can: statements over ten variables, each of which may
 * throw.
 */

const VARIABLES = 10;

/** `A` and `B` stand for variables, `N` for a number, `S` for a text. */
const STATEMENTS: readonly string[] = [
  'A = N; B = S;',
  'A = { a: B, b: N, [S]: A };',
  'A = [A, B, N, S]; A.length = N % 9;',
  'A = Array.from({ length: N }, (_, i) => ({ i, of: B }));',
  'A[S] = B; delete B[S];',
  'A[N] = B; A.push?.(N, S); A.splice?.(1, 2, B, B);',
  'A = new Map([[S, B], [B, N]]); A.set(N, A); A.delete(S);',
  'A = new Set([S, B, N, N + 1]); for (const x of A) A.delete(x);',
  'A = new WeakMap(); A.set({}, B); B = new WeakRef({ A });',
  'A = new Uint8Array(N * 7).fill(N); B = A.slice(1, N);',
  'A = new Float64Array(N); A[0] = N / 3; A.set([1.5, N], 1); A.reverse();',
  'A = new DataView(new ArrayBuffer(64)); A.setBigInt64(N % 57, 7n); A.setFloat32(N % 61, N);',
  'A = S.repeat(N); B = A + S + N; A = B.split("").reverse().join(S);',
  'A = B?.toString?.() + S; A = A.replace(/[a-m]+/g, (m) => m + N).normalize("NFD").padEnd(N, S);',
  'A = /(.)(?<n>.)?/gy; A.lastIndex = N; B = A.exec(S); RegExp.prototype[S] = A;',
  'A = BigInt(N) ** 40n; B = A * A - BigInt(N); A = B.toString(7);',
  'A = JSON.parse(JSON.stringify([{ N, S: S }, [N, null]])); B = JSON.stringify(A, null, 2);',
  'A = (function* () { for (let i = 0; ; i++) B = yield [i, S, A]; })(); A.next(); A.next(N);',
  'A = (x) => (y) => (A = [x, y, B]); B = A(N); B(S);',
  'A = class { #p = N; static s = S; get p() { return this.#p++; } }; B = new A(); B.p; B.p;',
  'A = class extends (typeof B === "function" ? B : Object) { constructor() { super(); this[S] = N; } }; new A();',
  'A = Symbol.for(S + N); B = { [A]: 1, [Symbol(S)]: 2 };',
  'A = new Proxy(B ?? {}, { get: (_, k) => [k, N], set: (t, k, v) => ((t[k] = v), true) }); A.x = A.y;',
  'Object.defineProperty(A, S, { get: () => B, configurable: true }); Object.freeze(B);',
  'Object.prototype[S + N] = B; Array.prototype[N] = A; delete Array.prototype[N];',
  'globalThis[S + N] = [A, B]; (0, eval)("var v" + N + " = " + N);',
  'A = new Function("a", "b", "return [a, b, " + N + "]"); B = A(B, S);',
  'A = [...Array(N * 3).keys()].sort((a, b) => ((a * 7919) % 101) - ((b * 7919) % 101)); B = A.map(String);',
  'A = new Date(N * 1e9); A.setMonth(N); B = A.toISOString();',
  'A = new Error(S, { cause: B }); B = A.stack; throw A;',
  '{ const f = (n) => (n > 0 ? f(n - 1) + S.length : N); A = f(N * 5); }',
  '{ const f = () => [f()]; f(); }',
  'try { null[S]; } catch (e) { A = e; } finally { B = N; }',
  'await null; A = await Promise.all([B, Promise.resolve(N)]);',
  'A = (async () => { await 0; B = A; throw S; })(); A.catch((e) => (B = e)).then(() => { A = N; });',
  'await sleep(N); A = [S, B];',
  'new FinalizationRegistry(() => (A = B)).register({}, S); A = null;',
  'A = Math.random(); B = [A, Date.now()]; log(S);',
  'label: for (const x of [A, B, N]) { for (const y in x) { B = y; continue label; } }',
  '[A = N, ...B] = [B, S, N, A]; ({ a: A = S, ...B } = { a: B, N });',
];

/** The source of an async handler. */
export const PROGRAM: fc.Arbitrary<string> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...STATEMENTS),
      fc.nat(VARIABLES - 1),
      fc.nat(VARIABLES - 1),
      fc.nat(60),
      fc.string({ maxLength: 12, unit: 'binary' }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((statements) => {
    const body = statements.map(([text, a, b, n, s]) => {
      const values: Record<string, string> = { A: `v${a}`, B: `v${b}`, N: String(n), S: JSON.stringify(s) };
      return `try { ${text.replaceAll(/\b[ABNS]\b/g, (name) => values[name]!)} } catch (e) { v${b} = e; }`;
    });
    const variables = Array.from({ length: VARIABLES }, (_, i) => `v${i} = {}`);
    return `let ${variables.join(', ')};\n${body.join('\n')}\nreturn String(v0).length;`;
  });
