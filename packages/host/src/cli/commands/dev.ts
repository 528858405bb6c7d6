import { relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { formatForTerminal } from '../../capabilities/log/terminal.js';
import type { AuthoredExtension } from '../../authoring/read-authored.js';
import { createHost } from '../../host.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import { createServerResponse, startServer } from '../../service/server.js';
import { createService } from '../../service/service.js';
import { createStatus } from '../../service/status/status.js';
import type { ExtensionInfo } from '../../types.js';
import { type Command, defineCommand } from '../command.js';
import { toHostOptions, toServerOptions, toServiceOptions } from '../config/host-options.js';
import { printConfig, readConfig } from '../config/read-config.js';
import type { Config } from '../config/schema.js';
import { callLine, isLoopback } from '../dev/call-line.js';
import { createDevService, servedRequest } from '../dev/dev-service.js';
import { describeKeys, type KeyCommand, listenToKeys } from '../dev/keys.js';
import { printFailure } from '../dev/print-failure.js';
import { watchFolder } from '../dev/watch.js';
import { type Change, nameOfFailed, Workbench } from '../dev/workbench.js';
import type { Io } from '../io.js';
import { describeProblem } from '../output/inspection.js';
import { readCodeFrame } from '../output/read-code-frame.js';
import { CONFIG_ARGS } from '../settings.js';
import { describeScopes } from '../output/describe-scopes.js';
import { createLogger, type Log } from '../output/logger.js';
import { statusUrl } from '../output/service-lines.js';
import { createStyle, type Style } from '../output/style.js';
import { lookAt } from './inspect.js';
import { untilAborted } from '../until-aborted.js';
import { withAccessLog } from '../with-access-log.js';

/** `sandglass dev [folder]`: the service, which reloads extensions that change. */
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

/**
 * The server listens at once; its line waits this long for the extensions, so that it comes below
 * theirs.
 */
const ANNOUNCE_AFTER_MS = 1_500;

/** Clears the screen and what was scrolled away, and goes to the first line (ECMA-48). */
const CLEAR_TERMINAL = '\u001B[2J\u001B[3J\u001B[H';

class DevServer {
  readonly #config: Config;
  readonly #io: Io;
  readonly #style: Style;
  readonly #log: Log;
  /** Folder of each extension, by name. */
  readonly #folders = new Map<string, string>();
  #url = '';
  /** Failures are printed one after the other, each in one piece. */
  #printing: Promise<void> = Promise.resolve();

  constructor(config: Config, io: Io) {
    this.#config = config;
    this.#io = io;
    this.#style = createStyle(io.stdout, io.env);
    // Only this command shows what guests write to `console`.
    this.#log = createLogger({ output: io.stdout, level: 'debug', format: 'pretty', style: this.#style });
  }

  async run(): Promise<void> {
    const { extensions: root, service: options } = this.#config;
    const status = createStatus();
    await using host = await createHost({
      ...toHostOptions(this.#config),
      createResponse: createServerResponse,
      logConsole: true,
      onLog: (entry) => {
        status.sinks.onLog(entry);
        this.#log(entry.level, entry.message, { extension: entry.extension });
      },
      onCall: status.sinks.onCall,
      onAudit: (entry) => {
        status.sinks.onAudit(entry);
        if (entry.decision === 'denied')
          this.#log('warn', `${entry.capability} denied: ${entry.reason}`, { extension: entry.extension });
      },
      onError: (error, context) => {
        status.sinks.onError(error, context);
        const folder = context.extension === undefined ? undefined : this.#folders.get(context.extension);
        const request = servedRequest();
        if (request) request.failure = { error, folder };
        this.#printFailure(error, folder, request?.title);
      },
    });
    const bench = new Workbench(host, root, (change) => this.#report(change));
    const openToken = options.token === undefined && isLoopback(options.hostname) ? crypto.randomUUID() : undefined;
    const token = options.token ?? openToken;
    const inner = createService(host, { ...toServiceOptions(this.#config), token, status: status.attach(host) });
    const service = createDevService({ service: inner, bench, openToken });
    const server = await startServer(withAccessLog(service, this.#log), host, toServerOptions(options));
    this.#url = server.url;
    const watcher = await watchFolder(root, (paths) => void bench.sync(paths));
    try {
      await this.#work(bench);
    } finally {
      status.close();
      await watcher.close();
      await server.close(0);
      await this.#printing;
    }
  }

  /** Loads the extensions, and waits for a signal or a key that ends the command. */
  async #work(bench: Workbench): Promise<void> {
    const { stdin, stdout, signal } = this.#io;
    const quit = new AbortController();
    const aborted = untilAborted(AbortSignal.any([signal, quit.signal]));
    const first = bench.sync(); // a request waits for the extension that it is for
    await Promise.race([first, aborted, setTimeout(ANNOUNCE_AFTER_MS, undefined, { ref: false })]);
    const listening = this.#style('bold', `Listening on ${this.#url}`);
    this.#print(`${listening}, status on ${statusUrl(this.#url)}, waiting for changes`);
    const keys = this.#keys(bench, () => quit.abort());
    const hasKeys = stdin?.isTTY === true && stdout.isTTY === true;
    if (hasKeys) this.#print(describeKeys(keys));
    using _ = hasKeys ? listenToKeys(stdin, keys, () => quit.abort()) : undefined;
    await Promise.race([first, aborted]);
    if (bench.count === 0) this.#log('warn', `0 extensions found in ${this.#config.extensions}`, {});
    await aborted;
  }

  #keys(bench: Workbench, quit: () => void): KeyCommand[] {
    const keys: KeyCommand[] = [
      { key: 'r', text: 'reload', run: () => void bench.reloadAll() },
      { key: 'c', text: 'clear', run: () => void this.#io.stdout.write(CLEAR_TERMINAL) },
      { key: 'o', text: 'open the status page', run: () => this.#io.openUrl?.(statusUrl(this.#url)) },
      { key: 'q', text: 'quit', run: quit },
      { key: '?', text: 'help', run: () => this.#print(describeKeys(keys)) },
    ];
    return keys;
  }

  #report(change: Change): void {
    switch (change.type) {
      case 'loaded':
      case 'reloaded': {
        const { extension, authored, folder, durationMs } = change;
        this.#folders.set(extension.name, folder);
        this.#log('info', `${change.type} ${authored.file} in ${durationMs.toFixed(0)} ms`, {
          extension: extension.name,
          scopes: describeScopes(extension.granted),
        });
        this.#listRegistrations(extension, change.type === 'loaded');
        this.#printing = this.#printing.then(() => this.#printWarnings(authored, folder));
        break;
      }
      case 'recovered':
        this.#log('info', 'recovered: what is saved is what is served', { extension: change.name });
        break;
      case 'unloaded':
        this.#log('info', 'unloaded', { extension: change.name });
        break;
      case 'failed': {
        const { folder, error, isStillServed } = change;
        const where = relative(this.#config.extensions, folder) || nameOfFailed(folder, error);
        this.#log('error', `cannot load ${where}${isStillServed ? '; the version before goes on serving' : ''}`);
        this.#printFailure(error, folder);
        break;
      }
      default:
        change satisfies never;
    }
  }

  /** What an extension registers, and how to call it. */
  #listRegistrations({ name, registrations }: ExtensionInfo, withCalls: boolean): void {
    const { token, hostname } = this.#config.service;
    const canCall = token !== undefined || isLoopback(hostname);
    for (const registration of registrations) {
      const text = formatForTerminal(describeRegistration(registration, `/${name}`));
      this.#print(`  ${this.#style('cyan', text)}`);
      if (!withCalls || (registration.type !== 'route' && !canCall)) continue;
      const line = callLine(this.#url, name, registration, token);
      if (line !== undefined) this.#print(`  ${this.#style('gray', line)}`);
    }
  }

  /** Prints the problems that `inspect` finds. */
  async #printWarnings(authored: AuthoredExtension, folder: string): Promise<void> {
    // it has loaded
    const { problems } = await lookAt(authored, this.#config).catch(() => ({ problems: [] }));
    for (const problem of problems.filter(({ code }) => code !== 'stale-build')) {
      const text = formatForTerminal(describeProblem(problem));
      this.#print(`${this.#style('yellow', problem.severity)} ${text}`);
      for (const line of await readCodeFrame(folder, problem, this.#style)) this.#print(line);
    }
  }

  #printFailure(failure: unknown, folder: string | undefined, title?: string): void {
    const target = { output: this.#io.stdout, style: this.#style, title };
    this.#printing = this.#printing.then(() => printFailure(failure, folder, target));
  }

  #print(line: string): void {
    this.#io.stdout.write(`${line}\n`);
  }
}
