import { compiled } from '../run/compiled.js';
import type { Suite } from '../run/subject.js';
import type { HttpInput } from './http-subjects.js';

const MODULE = compiled('suites/http-subjects.js');

/**
 * Endpoints over HTTP, against the same handler in the same server without a sandbox, and in a
 * server of Node's own.
 */
export function createHttpSuites(): Suite[] {
  const reference = 'node:http, nothing else';
  const subject = (name: string, input: HttpInput): Suite['subjects'][number] => ({
    name,
    module: MODULE,
    open: 'openHttp',
    input,
  });
  return [
    {
      name: 'http',
      title: 'HTTP: GET /hello over 64 connections',
      unit: 'calls/s',
      reference,
      launches: 2,
      rounds: 4,
      subjectBudgetMs: 4_000,
      subjects: [
        subject(reference, { through: 'node:http', threads: 'inline' }),
        subject('the handler itself, no sandbox', { through: 'nothing', threads: 'inline' }),
        subject("the handler itself, the server's own response", { through: 'nothing, fast', threads: 'inline' }),
        subject('Sandglass, host.fetch, calling thread', { through: 'host', threads: 'inline' }),
        subject('Sandglass, host.fetch, one thread', { through: 'host', threads: 1 }),
        subject('Sandglass, sandglass serve, two threads', { through: 'service', threads: 2 }),
        subject('Sandglass, the command, one process', { through: 'command', threads: 2, processes: 1 }),
        subject('Sandglass, the command, two processes', { through: 'command', threads: 2, processes: 2 }),
      ],
    },
  ];
}
