import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { loadQuickJs } from '@sebastianwessel/quickjs';

const { runSandboxed } = await loadQuickJs(variant);

/**
 * Every `runSandboxed` makes a new context; host functions go in as `env`, the result is the
 * default export.
 */
export async function fresh({ script }, host) {
  return {
    async call(argument) {
      // Data goes as JSON: as a value of `env`, 100 KB of it make the runtime abort when it is
      // disposed.
      const code = `const { log, sleep, request } = env;\n${script}\nexport default await handler(${JSON.stringify(argument)});`;
      const result = await runSandboxed(async ({ evalCode }) => evalCode(code), {
        executionTimeout: 30_000, // 1 MB of JSON takes several seconds
        memoryLimit: 32 * 1024 * 1024,
        maxStackSize: 256 * 1024,
        env: { ...host },
      });
      if (!result.ok) throw new Error(result.error.message);
      return result.data;
    },
  };
}

/**
 * One context: `runSandboxed` stays open while its callback runs, and code is evaluated in it again
 * and again.
 */
export async function persistent({ script }, host) {
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  let sandbox;
  const opened = new Promise((resolve) => (sandbox = resolve));
  const running = runSandboxed(
    async (access) => {
      await access.evalCode(
        `const { log, sleep, request } = env;\n${script}\nglobalThis.handler = handler;\nexport default 0;`,
      );
      sandbox(access);
      await finished;
    },
    { memoryLimit: 32 * 1024 * 1024, maxStackSize: 256 * 1024, env: { ...host } },
  );
  const { evalCode } = await opened;
  return {
    async call(argument) {
      const result = await evalCode(`export default await handler(${JSON.stringify(argument)});`);
      if (!result.ok) throw new Error(result.error.message);
      return result.data;
    },
    async close() {
      finish();
      await running;
    },
  };
}
