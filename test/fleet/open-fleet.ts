import { checkFleetOptions } from '../../packages/fleet/src/connection/options.js';
import { openTransport, type Transport } from '../../packages/fleet/src/connection/transport.js';
import { FleetRunner } from '../../packages/fleet/src/lanes/runner.js';
import { startRunner } from '../../packages/fleet/src/lanes/start-runner.js';
import { type NatsServer, startNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { connectFleet } from '../../packages/fleet/src/connect-fleet.js';
import type { Runner } from '../../packages/host/src/fleet/runner.js';
import { createHost, type Host } from '../../packages/host/src/host.js';
import type { HostOptions } from '../../packages/host/src/types.js';

/** A server of its own, with runners in this process and hosts that use them. */
export interface TestFleet extends AsyncDisposable {
  readonly server: NatsServer;
  startRunner(name: string, maxThreads?: number): Promise<Runner>;
  /** A runner that can die: its connection breaks without a word. */
  connectRunner(name: string): Promise<{ die(): Promise<void> }>;
  /** A runner whose engine has another digest. */
  connectStranger(name: string, engine: string): Promise<Runner>;
  /** A host with so many threads of its own. @param maxThreads @default 0 */
  openHost(options: HostOptions, maxThreads?: number): Promise<Host>;
  /** Ends something with the fleet, before it. */
  after(end: () => Promise<unknown>): void;
}

export async function openFleet(): Promise<TestFleet> {
  const server = await startNatsServer();
  const ends: (() => Promise<unknown>)[] = [() => server.stop()];
  const connect = async (name: string): Promise<Transport> => {
    const transport = await openTransport(checkFleetOptions({ servers: server.url, name }));
    ends.unshift(() => transport.close());
    return transport;
  };
  return {
    server,
    async startRunner(name, maxThreads = 2) {
      const runner = await startRunner({ fleet: { servers: server.url, name }, pool: { maxThreads } });
      ends.unshift(() => runner.close(0));
      return runner;
    },
    async connectRunner(name) {
      const transport = await connect(name);
      await FleetRunner.open(transport, name, { maxThreads: 2 });
      return { die: () => transport.connection.close() };
    },
    async connectStranger(name, engine) {
      const runner = await FleetRunner.open(await connect(name), name, { maxThreads: 2 });
      ends.unshift(() => runner.close(0));
      return Object.assign(runner, { pool: Object.assign(runner.pool, { engine }) });
    },
    async openHost(options, maxThreads = 0) {
      const fleet = await connectFleet({ servers: server.url });
      ends.unshift(() => fleet.close());
      const host = await createHost({ ...options, fleet, pool: { maxThreads } });
      ends.unshift(() => host.close(0));
      return host;
    },
    after: (end) => void ends.unshift(end),
    async [Symbol.asyncDispose]() {
      for (const end of ends) await end();
    },
  };
}
