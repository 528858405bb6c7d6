/** Run Script of a real Directus, beside the one that replaces it. */
import { isDeepStrictEqual } from 'node:util';

import { SCRIPTS } from './cases/scripts.mjs';

export const SCRIPT_ENV = { FLOWS_ENV_ALLOW_LIST: 'SHOWN', SHOWN: 'shown' };

/** What V8 says otherwise, or has and QuickJS has not. docs/directus.md names each kind. */
const DOCUMENTED = new Set([
  // wording of the engine
  'structuredClone === undefined',
  'nowhere()',
  'null.x',
  'undefined.x()',
  'module.exports = class {}',
  'exports.run = () => 1',
  'export default () => 1',
  "import x from 'x'; module.exports = () => 1",
  "const x = require('x'); module.exports = () => 1",
  'module.exports = () => {',
  'return 1',
  'await 1; module.exports = () => 1',
  // wording of what cannot be copied
  '10n',
  '() => 1',
  "Symbol('s')",
  '(() => { const a = {}; a.a = a; return a; })()',
  'throw { a: 1 }',
  'module.exports = function* () { yield 1; }',
  // not there
  'typeof WebAssembly',
  'typeof Intl',
]);

/** @returns a line for each script that differs and is not written down, or the other way round */
export async function compareScripts([own, inPlace]) {
  const wrong = [];
  let same = 0;
  for (const { title, code } of SCRIPTS) {
    const [theirs, ours] = [await own.operation('exec', { code }), await inPlace.operation('exec', { code })];
    const isSame = isDeepStrictEqual(theirs, ours);
    if (isSame) same += 1;
    // an error in other words is an error still
    const isKnown = DOCUMENTED.has(title) && 'error' in theirs === 'error' in ours;
    if (isSame ? DOCUMENTED.has(title) : !isKnown)
      wrong.push(`${title}\n    own: ${JSON.stringify(theirs)}\n    in place: ${JSON.stringify(ours)}`);
  }
  console.log(`scripts: ${same} of ${SCRIPTS.length} the same`);
  return wrong;
}
