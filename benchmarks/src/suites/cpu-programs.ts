/** A program that does nothing but compute. */
export interface CpuProgram {
  name: string;
  /** Classic script that leaves `handler` on the global object. */
  script: string;
  argument: number;
}

/** Eight kinds of work, each a few milliseconds in QuickJS. */
export const CPU_PROGRAMS: readonly [CpuProgram, ...CpuProgram[]] = [
  {
    name: 'recursion',
    script: 'function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } function handler(n) { return fib(n); }',
    argument: 18,
  },
  {
    name: 'typed array',
    script: `function handler(n) { const sieve = new Uint8Array(n); let primes = 0;
      for (let i = 2; i < n; i++) { if (sieve[i]) continue; primes++; for (let m = i * i; m < n; m += i) sieve[m] = 1; }
      return primes; }`,
    argument: 20_000,
  },
  {
    name: 'objects',
    script: `function handler(n) { let sum = 0; for (let i = 0; i < n; i++) { const point = { x: i, y: i + 1, z: { w: i } }; sum += point.x * point.y + point.z.w; } return sum; }`,
    argument: 10_000,
  },
  {
    name: 'array sort',
    script: `function handler(n) { const values = []; let seed = 1; for (let i = 0; i < n; i++) { seed = (seed * 16807) % 2147483647; values.push(seed); }
      values.sort((a, b) => a - b); return values[0]; }`,
    argument: 2_000,
  },
  {
    name: 'strings',
    script: `function handler(n) { let text = ''; for (let i = 0; i < n; i++) text += String.fromCharCode(97 + (i % 26)); return text.split('a').map((part) => part.toUpperCase()).join('-').length; }`,
    argument: 10_000,
  },
  {
    name: 'regular expressions',
    script: `function handler(n) { let found = 0; for (let i = 0; i < n; i++) { if (/^([a-z]+)-(\\d+)@(\\w+)\\.com$/.exec('user-' + i + '@example.com')) found++; } return found; }`,
    argument: 1_000,
  },
  {
    name: 'JSON',
    script: `function handler(n) { let size = 0; for (let i = 0; i < n; i++) { size += JSON.stringify(JSON.parse('{"a":' + i + ',"b":[1,2,3],"c":{"d":"text"}}')).length; } return size; }`,
    argument: 1_000,
  },
  {
    name: 'maps and closures',
    script: `function handler(n) { const counts = new Map(); const add = (step) => (key) => counts.set(key, (counts.get(key) ?? 0) + step); const one = add(1);
      for (let i = 0; i < n; i++) one('key' + (i % 97)); return counts.size; }`,
    argument: 5_000,
  },
];
