/** A way of using a peer: an export of its file. */
export interface PeerMode {
  open: string;
  name: string;
  /** Cannot run handlers that return a promise. */
  synchronousOnly?: boolean;
}

/** A package that runs the same workloads. */
export interface Peer {
  name: string;
  /**
   * What `npm install` gets, exact versions: a benchmark names what it measured. None: it is there
   * already.
   */
  packages: string[];
  /** Packages of those that may run their install script. */
  builds?: string[];
  /** Its file in `peers/`, and files that this one needs beside it. */
  files: [adapter: string, ...others: string[]];
  modes: PeerMode[];
  nodeFlags?: string[];
  /** Major versions of Node it runs on; all that Sandglass supports when absent. */
  node?: { min: number; below?: number };
}

const ISOLATED_VM: Omit<Peer, 'packages'> = {
  name: 'isolated-vm',
  builds: ['isolated-vm'],
  files: ['isolated-vm.mjs'],
  // Its README asks for the flag on Node 20 and later.
  nodeFlags: ['--no-node-snapshot'],
  modes: [
    { open: 'persistent', name: 'isolated-vm, persistent' },
    { open: 'persistentSync', name: 'isolated-vm, persistent, blocking', synchronousOnly: true },
    { open: 'fresh', name: 'isolated-vm, fresh' },
    { open: 'freshFromSnapshot', name: 'isolated-vm, fresh from a V8 snapshot' },
  ],
};

/** This project, from the workspace: used like any peer. */
const SANDGLASS: Peer = {
  name: 'Sandglass',
  packages: [],
  files: ['sandglass.mjs'],
  modes: [
    { open: 'pristineEngine', name: 'Sandglass, pristine, engine alone' },
    { open: 'persistentEngine', name: 'Sandglass, persistent, engine alone' },
    { open: 'pristineInline', name: 'Sandglass, pristine, calling thread' },
    { open: 'persistentInline', name: 'Sandglass, persistent, calling thread' },
    { open: 'pristine', name: 'Sandglass, pristine, worker thread' },
    { open: 'persistent', name: 'Sandglass, persistent, worker thread' },
  ],
};

/** Those that cannot run the workloads on any Node. */
export const ABSENT: readonly { name: string; reason: string }[] = [
  {
    name: 'Extism',
    reason:
      "it runs WebAssembly plugins; making one of a JavaScript handler needs the extism-js compiler, which is not on npm (@extism/js-pdk holds types only), whatever Node's version",
  },
];

/** Every peer. Of several entries with one name, the first that fits the Node at hand is used. */
export const PEERS: readonly Peer[] = [
  SANDGLASS,
  { ...ISOLATED_VM, packages: ['isolated-vm@7.0.1'], node: { min: 24 } },
  { ...ISOLATED_VM, packages: ['isolated-vm@6.2.0'], node: { min: 22, below: 24 } },
  { ...ISOLATED_VM, packages: ['isolated-vm@5.0.4'], node: { min: 20, below: 22 } },
  {
    name: 'quickjs-emscripten',
    packages: ['quickjs-emscripten@0.32.0'],
    files: ['quickjs-emscripten.mjs'],
    modes: [
      { open: 'persistent', name: 'quickjs-emscripten, persistent' },
      { open: 'fresh', name: 'quickjs-emscripten, fresh context' },
    ],
  },
  {
    name: 'quickjs-wasi',
    packages: ['quickjs-wasi@3.6.2'],
    files: ['quickjs-wasi.mjs'],
    modes: [
      { open: 'persistent', name: 'quickjs-wasi, persistent' },
      { open: 'fresh', name: 'quickjs-wasi, fresh' },
      { open: 'restored', name: 'quickjs-wasi, restored' },
    ],
  },
  {
    name: '@sebastianwessel/quickjs',
    packages: ['@sebastianwessel/quickjs@3.1.0', '@jitl/quickjs-ng-wasmfile-release-sync@0.32.0'],
    files: ['sebastianwessel-quickjs.mjs'],
    modes: [
      { open: 'persistent', name: '@sebastianwessel/quickjs, persistent' },
      { open: 'fresh', name: '@sebastianwessel/quickjs, fresh' },
    ],
  },
  {
    name: 'run',
    packages: ['run@2.1.5'],
    files: ['run.mjs'],
    modes: [{ open: 'fresh', name: 'run, fresh' }],
  },
  {
    name: 'node:vm',
    packages: [],
    files: ['node-vm.mjs'],
    modes: [
      { open: 'persistent', name: 'node:vm, persistent (no security)' },
      { open: 'fresh', name: 'node:vm, fresh (no security)' },
    ],
  },
  {
    name: 'piscina',
    packages: ['piscina@5.3.2'],
    files: ['piscina.mjs', 'piscina-worker.mjs'],
    modes: [{ open: 'persistent', name: 'piscina (no sandbox)' }],
  },
];
