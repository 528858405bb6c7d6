import { type Case, type CaseEnd, load, operation, source } from './case.js';

const MIB = 1024 * 1024;
/** What is refused is told by name; what is compiled may end by `loadTimeMs`. */
const ENDS: readonly CaseEnd[] = [
  'ok',
  'E_LOAD',
  'E_MANIFEST',
  'E_QUOTA',
  'E_MEMORY',
  'E_WALL',
  'E_CPU',
  'E_GUEST',
  'E_STACK',
];
const EMPTY = 'export default () => {};';
/** Words for which a source is scanned. */
const SCANNED = 'function*g(){yield 1;for(const a of[])a}export default () => {};';

const bomb = (make: () => string): Case => load(() => ({ source: make() + SCANNED }), { ends: ENDS });
const mapped = (make: () => string): Case => load(() => ({ source: EMPTY, sourceMap: make() }), { ends: ENDS });
const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('');
const map = (fields: object): string => JSON.stringify({ version: 3, sources: ['a'], names: [], ...fields });

const section = (line: number): string =>
  `{"version":3,"sections":[{"offset":{"line":${line},"column":0},"map":${map({ mappings: 'AAAA' })}}]}`;

/** What an extension brings: sources, source maps, manifests, registrations. */
export const LOADING: Record<string, Case> = {
  'map: 130 bytes, a section at line 1e9': mapped(() => section(1e9)),
  'map: 130 bytes, a section at line 1e999': mapped(() => section(1e9).replace('1000000000', '1e999')),
  'map: 2 MiB of mappings': mapped(() => map({ mappings: `${'A,'.repeat(MIB - 1)}A` })),
  'map: 2 MiB of lines': mapped(() => map({ mappings: ';'.repeat(2 * MIB) })),
  'map: 6 MB, 99,000 names': mapped(() =>
    map({ names: Array.from({ length: 99_000 }, (_, i) => `${i}`.padStart(56)), mappings: 'AAAA' }),
  ),
  'map: 10,000 sections': mapped(() =>
    JSON.stringify({
      version: 3,
      sections: Array.from({ length: 10_000 }, (_, line) => ({
        offset: { line, column: 0 },
        map: { version: 3, sources: [], mappings: '' },
      })),
    }),
  ),
  'map: 33 MB of semicolons': mapped(() => map({ mappings: ';'.repeat(33e6) })),
  'source: 10,000 exports': bomb(() => many(10_000, (i) => `let e${i};export{e${i}};`)),
  'source: 60,000 exports': bomb(() => many(60_000, (i) => `let e${i};export{e${i}};`)),
  'source: 60,000 lets': bomb(() => `function f(){${many(60_000, (i) => `let v${i};`)}}`),
  'source: 60,000 private names': bomb(() => `class C{${many(60_000, (i) => `#v${i};`)}}`),
  'source: the most loops that are rewritten': bomb(() => `function*h(){${'for(const a of yield 1);'.repeat(1_000)}}`),
  'source: 300,000 loops': bomb(() => `function*h(){${'for(const a of yield 1);'.repeat(160_000)}}`),
  'source: 4 MiB of statements': bomb(() => 'a=b+c*d;\n'.repeat((4 * MIB) / 9 - 20)),
  'source: an iterable of 300,000 elements': bomb(() => `function*h(){for(const a of[yield,${'1,'.repeat(3e5)}]);}`),
  'source: 4 MiB in one text': bomb(() => `const s='${'x'.repeat(4 * MIB - 200)}';`),
  'manifest: 20,000 fields': load(
    () => ({
      source: EMPTY,
      fields: { dependencies: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`d${i}`, '1'])) },
    }),
    { ends: ENDS },
  ),
  'registrations: 1,000': load(
    () => ({
      source:
        "export default ({ filter }) => { for (let i = 0; i < 1000; i++) filter('items.' + i + '.create', () => 1); };",
    }),
    { ends: ENDS },
  ),
  'registrations: 10,000, refused': load(
    () => ({ source: "export default ({ filter }) => { for (let i = 0; i < 10000; i++) filter('e' + i, () => 1); };" }),
    { ends: ENDS },
  ),
  'stack: mapped by 2 MiB of mappings, for the first time': {
    ends: ['E_GUEST'],
    async open({ host }) {
      let n = 0;
      const code =
        "export default { id: 'bench', handler: () => { const f = (n) => n ? f(n - 1) : JSON.parse('{'); f(90); } };";
      return () => async () => {
        const own = source('operation', `${code} // ${(n += 1)}`);
        if (n > 1) await host.unload('bench');
        await host.load({ ...own, sourceMap: map({ mappings: `${'AAAA,'.repeat(MIB / 3)}A` }) });
        await host.operation('bench');
      };
    },
  },
  'regular expression: ten of 6,000 characters in a result': operation(
    "() => Array.from({ length: 10 }, (_, i) => new RegExp('(a|b'.repeat(1000) + ')'.repeat(1000) + i))",
    { ends: ENDS },
  ),
};
