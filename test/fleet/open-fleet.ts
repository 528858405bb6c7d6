import { checkFleetOptions } from '../../packages/fleet/src/connection/options.js';
import { openTransport, type Transport } from '../../packages/fleet/src/connection/transport.js';
import { FleetLanes } from '../../packages/fleet/src/lanes/remote-lanes.js';
import { type Runner, startRunner } from '../../packages/fleet/src/lanes/runner.js';
import { subjectsOf, writePresence } from '../../packages/fleet/src/lanes/presence.js';
import { type NatsServer, startNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import { buildHost, type Host } from '../../packages/host/src/host.js';
import { createPool } from '../../packages/host/src/pool/create-pool.js';
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
      const runner = await startRunner(await connect(name), name, { pool: { maxThreads } });
      ends.unshift(() => runner.close(0));
      return runner;
    },
    async connectRunner(name) {
      const transport = await connect(name);
      await startRunner(transport, name, { pool: { maxThreads: 2 } });
      return { die: () => transport.connection.close() };
    },
    present({ connection, prefix }, engine) {
      const presence = { id: 'stranger', name: 'stranger', engine, engines: 1, loadMs: 0 };
      connection.publish(subjectsOf(prefix).presence, writePresence(presence));
    },
    async openHost(options, maxThreads = 0) {
      const transport = await connect('owner');
      const host = await buildHost(options, {
        createPool: (given) => {
          const pool = { ...(given.pool === 'inline' ? {} : given.pool), maxThreads };
          return createPool({ ...given, pool, openRemote: (engine) => new FleetLanes(transport, engine) });
        },
      });
      ends.unshift(() => host.close(0));
      return host;
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) await end();
    },
  };
}
