// A runner of `chaos.mjs`: node chaos-runner.mjs <url> <name>
import { startRunner } from '@sandglass/fleet';

const [, , servers, name] = process.argv;
for (;;) {
  try {
    await startRunner({ fleet: { servers, name }, pool: { maxThreads: 1 } });
    break;
  } catch (error) {
    if (error.code !== 'E_FLEET') throw error; // the server is away, or the network
  }
}
