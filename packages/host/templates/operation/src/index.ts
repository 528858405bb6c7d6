import { log, sleep, type SandboxOperation } from 'directus:api';

interface Options {
  text: string;
  times?: number;
}

const operation: SandboxOperation<Options> = {
  id: 'my-extension',
  handler: async ({ text, times = 2 }) => {
    for (let i = 1; i <= times; i++) {
      log(`Echo ${i} of ${times}`);
      await sleep(100);
    }
    return { text: Array<string>(times).fill(text).join(' ') };
  },
};

export default operation;
