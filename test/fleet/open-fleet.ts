import { checkFleetOptions } from '../../packages/fleet/src/connection/options.js';
import { openTransport, type Transport } from '../../packages/fleet/src/connection/transport.js';
import { FleetRunner } from '../../packages/fleet/src/lanes/runner.js';
import { startRunner } from '../../packages/fleet/src/lanes/start-runner.js';
import { subjectsOf, writePresence } from '../../packages/fleet/src/lanes/presence.js';
import { type NatsServer, startNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { connectFleet } from '../../packages/fleet/src/connect-fleet.js';
import type { Runner } from '../../packages/host/src/fleet/runner.js';
import { createHost, type Host } from '../../packages/host/src/host.js';
import type { HostOptions } from '../../packages/host/src/types.js';

/** A server of its own, with runners in this process and hosts that use them. */
export interface TestFleet extends AsyncDisposable {
  readonly server: NatsServer;
  connect(name: string): Promise<Transport>;
  startRunner(name: string, maxThreads?: number): Promise<Runner>;
  /** A runner that can die: its connection breaks without a word. */
  connectRunner(name: string): Promise<{ die(): Promise<void> }>;
  /** Says that there is a runner with another engine. */
  present(transport: Transport, engine: string): void;
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
    connect,
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
    present({ connection, prefix }, engine) {
      const presence = { id: 'stranger', name: 'stranger', engine, engines: 1, loadMs: 0 };
      connection.publish(subjectsOf(prefix).presence, writePresence(presence));
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
