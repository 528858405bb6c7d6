/**
 * What test262 expects of a host, as far as a realm can define it for itself. `printed` resolves to
 * the outcome of an asynchronous test.
 */
const HOST = `
  let report;
  const printed = new Promise((resolve) => { report = resolve; });
  const hidden = (key, value) => Object.defineProperty(globalThis, key, { value, writable: true, configurable: true });
  hidden('print', (line) => {
    if (line === 'Test262:AsyncTestComplete') report('pass');
    else if (line.startsWith('Test262:AsyncTestFailure:')) report(line.slice(25));
  });
  const { transfer } = ArrayBuffer.prototype;
  hidden('$262', {
    global: globalThis,
    evalScript: (script) => (0, eval)(script),
    gc() {},
    ...(transfer && { detachArrayBuffer: (buffer) => { transfer.call(buffer); return null; } }),
  });`;

/**
 * The function that runs one test inside a realm, the same text on both sides. It takes `{ text,
 * isAsync }` and answers with `pass`, or with `<name>: <message>` of what was thrown; a promise of
 * that for an asynchronous test.
 *
 * The text is evaluated by an indirect eval: global code, sloppy unless it says otherwise. Of
 * test262's host object there is what a realm can define for itself.
 */
export const DRIVER = `(function (test) {
  'use strict';
  const { text, isAsync } = test;
  const evaluate = eval;
  const describe = (thrown) => {
    try {
      if (typeof thrown !== 'object' || thrown === null) return typeof thrown + ': ' + String(thrown);
      return thrown.constructor.name + ': ' + thrown.message;
    } catch {
      return 'indescribable: ';
    }
  };
${HOST}
  try {
    evaluate(text);
  } catch (thrown) {
    return describe(thrown);
  }
  return isAsync ? printed : 'pass';
})`;

/**
 * A test that is a module: its default export is an operation whose handler tells the outcome, once
 * the module is evaluated.
 *
 * @param {string} text harness and test
 * @param {boolean} isAsync
 */
export function toModule(text, isAsync) {
  const host = `const printedOutcome = (() => { ${HOST} return printed; })();`;
  return `${host}\n${text}\nexport default { id: 'test262', handler: () => ${isAsync ? 'printedOutcome' : "'pass'"} };`;
}
