import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { QuickJS } from 'quickjs-wasi';

const MEMORY_LIMIT_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 1000;

// Compiled once and shared by all VMs, as its documentation advises.
const wasm = await WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve('quickjs-wasi/quickjs.wasm'))));

function createOptions() {
  const deadline = { at: Infinity };
  const options = { wasm, memoryLimit: MEMORY_LIMIT_BYTES, interruptHandler: () => Date.now() > deadline.at };
  return { deadline, options };
}

function callbacks(host, getVm) {
  const settle = (promise) => {
    const vm = getVm();
    const deferred = vm.newPromise();
    promise.then((value) => {
      const handle = vm.hostToHandle(value);
      deferred.resolve(handle);
      vm.executePendingJobs();
    });
    return deferred.handle;
  };
  return {
    log: (message) => {
      host.log(message.toString());
      return getVm().undefined;
    },
    sleep: (ms) => settle(host.sleep(ms.toNumber())),
    request: (url) => settle(host.request(url.toString())),
  };
}

async function boot(script, host, options) {
  const vm = await QuickJS.create(options);
  for (const [name, fn] of Object.entries(callbacks(host, () => vm))) {
    const handle = vm.newFunction(name, fn);
    vm.setProp(vm.global, name, handle);
    handle.dispose();
  }
  vm.evalCode(script).dispose();
  return vm;
}

async function invoke(vm, handler, argument) {
  const input = vm.hostToHandle(argument);
  const returned = vm.callFunction(handler, vm.undefined, input);
  if (argument !== null && typeof argument === 'object') input.dispose();
  if (!returned.isPromise) return returned.consume((handle) => vm.dump(handle));
  vm.executePendingJobs();
  const settled = await vm.resolvePromise(returned);
  returned.dispose();
  if ('error' in settled) throw new Error(settled.error.consume((handle) => handle.toString()));
  return settled.value.consume((handle) => vm.dump(handle));
}

/** One VM for all calls. */
export async function persistent({ script }, host) {
  const { deadline, options } = createOptions();
  const vm = await boot(script, host, options);
  const handler = vm.global.getProp('handler');
  return {
    call(argument) {
      deadline.at = Date.now() + TIMEOUT_MS;
      return invoke(vm, handler, argument);
    },
    close() {
      handler.dispose();
      vm.dispose();
    },
  };
}

/** A new VM for each call. */
export async function fresh({ script }, host) {
  const { deadline, options } = createOptions();
  return {
    async call(argument) {
      deadline.at = Date.now() + TIMEOUT_MS;
      const vm = await boot(script, host, options);
      try {
        const handler = vm.global.getProp('handler');
        const result = await invoke(vm, handler, argument);
        handler.dispose();
        return result;
      } finally {
        vm.dispose();
      }
    },
  };
}

/** A VM restored from a snapshot for each call. */
export async function restored({ script }, host) {
  const { deadline, options } = createOptions();
  const booted = await boot(script, host, options);
  const token = booted.exportHandle(booted.global.getProp('handler'));
  const snapshot = booted.snapshot();
  return {
    async call(argument) {
      deadline.at = Date.now() + TIMEOUT_MS;
      const vm = await QuickJS.restore(snapshot, options);
      try {
        for (const [name, fn] of Object.entries(callbacks(host, () => vm))) vm.registerHostCallback(name, fn);
        const handler = vm.importHandle(token);
        const result = await invoke(vm, handler, argument);
        handler.dispose();
        return result;
      } finally {
        vm.dispose();
      }
    },
    close: () => booted.dispose(),
  };
}
