import { relative } from 'node:path';

import { formatForTerminal } from '../../capabilities/log/terminal.js';
import { createHost, type Host } from '../../host.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import { createServerResponse, startServer } from '../../service/server.js';
import { createService } from '../../service/service.js';
import { createStatus } from '../../service/status/status.js';
import { CONFIG_ARGS } from '../args.js';
import { type Command, defineCommand } from '../command.js';
import { toHostOptions, toServerOptions } from '../config/host-options.js';
import { printConfig, readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import { printFailure } from '../dev/print-failure.js';
import { watchFolder } from '../dev/watch.js';
import { type Change, Workbench } from '../dev/workbench.js';
import type { Io } from '../io.js';
import { describeScopes } from '../output/describe-scopes.js';
import { createLogger, type Log } from '../output/logger.js';
import { createStyle, type Style } from '../output/style.js';
import { untilAborted } from '../until-aborted.js';
import { withAccessLog } from '../with-access-log.js';

/** `sandglass dev [folder]`: the service, loading again what changes. */
export const devCommand: Command = defineCommand({
  name: 'dev',
  description: 'Serve extensions while they are written: reload on change, errors with their code',
  args: {
    folder: {
      type: 'positional',
      required: false,
      description: 'Folder of extensions, or one extension (this folder by default)',
    },
    ...CONFIG_ARGS,
  },
  async run({ values, positionals: [folder = '.'] }, io) {
    const config = await readConfig(io, { ...values, extensions: folder });
    if (values['print-config'] === true) io.stdout.write(`${printConfig(config)}\n`);
    else await new DevServer(config, io).run();
    return 0;
  },
});

class DevServer {
  readonly #config: Config;
  readonly #io: Io;
  readonly #style: Style;
  readonly #log: Log;
  /** Folder of each extension, by name. */
  readonly #folders = new Map<string, string>();
  /** Failures are printed one after the other, each in one piece. */
  #printing: Promise<void> = Promise.resolve();

  constructor(config: Config, io: Io) {
    this.#config = config;
    this.#io = io;
    this.#style = createStyle(io.stdout, io.env);
    // What the guest's console says is of interest here, and only here.
    this.#log = createLogger({ output: io.stdout, level: 'debug', format: 'pretty', style: this.#style });
  }

  async run(): Promise<void> {
    const { extensions: root, service: options, maxBodyBytes } = this.#config;
    const status = createStatus();
    await using host = await createHost({
      ...toHostOptions(this.#config),
      createResponse: createServerResponse,
      logConsole: true,
      onLog: ({ level, message, extension }) => this.#log(level, message, { extension }),
      onCall: status.sinks.onCall,
      onAudit: (entry) => {
        status.sinks.onAudit(entry);
        if (entry.decision === 'denied')
          this.#log('warn', `${entry.capability} denied: ${entry.reason}`, { extension: entry.extension });
      },
      onError: (error, context) => {
        status.sinks.onError(error, context);
        this.#printFailure(error, context.extension === undefined ? undefined : this.#folders.get(context.extension));
      },
    });
    const bench = new Workbench(host, root, (change) => this.#report(change));
    await bench.sync();
    const { token, metrics, metricsToken } = options;
    const service = createService(host, { token, metrics, metricsToken, maxBodyBytes, status: status.attach(host) });
    const server = await startServer(withAccessLog(service, this.#log), host, toServerOptions(options));
    const watcher = await watchFolder(root, (paths) => void bench.sync(paths));
    try {
      this.#announce(server.url, host);
      await untilAborted(this.#io.signal);
    } finally {
      status.close();
      await watcher.close();
      await server.close(0);
      await this.#printing;
    }
  }

  #announce(url: string, host: Host): void {
    this.#print(
      `${this.#style('bold', `Listening on ${url}`)}, status on ${url}_sandglass/status, waiting for changes`,
    );
    for (const extension of host.extensions) {
      const get = extension.registrations.find(
        (one) => one.type === 'route' && one.method === 'GET' && !/[:*?]/.test(one.path),
      );
      if (get?.type === 'route')
        return this.#print(
          this.#style('gray', formatForTerminal(`  curl ${url}${extension.name}${get.path === '/' ? '' : get.path}`)),
        );
    }
  }

  #report(change: Change): void {
    switch (change.type) {
      case 'loaded':
      case 'reloaded': {
        const { extension, file, durationMs } = change;
        this.#folders.set(extension.name, change.folder);
        this.#log('info', `${change.type} ${file} in ${durationMs.toFixed(0)} ms`, {
          extension: extension.name,
          scopes: describeScopes(extension.granted),
        });
        for (const registration of extension.registrations)
          this.#print(
            `  ${this.#style('cyan', formatForTerminal(describeRegistration(registration, `/${extension.name}`)))}`,
          );
        break;
      }
      case 'unloaded':
        this.#log('info', 'unloaded', { extension: change.name });
        break;
      case 'failed': {
        const where = relative(this.#config.extensions, change.folder) || '.';
        this.#log('error', `cannot load ${where}${change.isStillServed ? '; the version before goes on serving' : ''}`);
        this.#printFailure(change.error, change.folder);
        break;
      }
      default:
        change satisfies never;
    }
  }

  #printFailure(failure: unknown, folder: string | undefined): void {
    const target = { output: this.#io.stdout, style: this.#style };
    this.#printing = this.#printing.then(() => printFailure(failure, folder, target));
  }

  #print(line: string): void {
    this.#io.stdout.write(`${line}\n`);
  }
}
