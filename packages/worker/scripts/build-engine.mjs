/** Writes `dist/engine.wasm`: the engine of quickjs-emscripten's release-sync package with marked writes. Part of `pnpm build`. */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { trackWrites } from '../dist/quickjs/track-writes.js';

const require = createRequire(import.meta.url);
const stock = await readFile(require.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
await writeFile(new URL('../dist/engine.wasm', import.meta.url), trackWrites(stock));
