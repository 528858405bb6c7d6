import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { runCli } from '../../packages/host/src/cli/cli.js';
import { fakeIo } from '../../packages/host/src/cli/testing/fake-io.js';

const FOLDER = fileURLToPath(new URL('../../examples/deployment/', import.meta.url));
const read = (name: string): string => readFileSync(FOLDER + name, 'utf8');

/** The programs that npm installs with the host. */
const { bin } = JSON.parse(readFileSync(new URL('../../packages/host/package.json', import.meta.url), 'utf8')) as {
  bin: Record<string, string>;
};

/**
 * What is wrong with a command of a file: '' if it runs the program of the package, with flags that
 * the command line knows when it is run with --print-config.
 */
async function complaints(words: readonly string[]): Promise<string> {
  const io = fakeIo({ cwd: FOLDER });
  const at = words.indexOf('serve');
  const program = words[at - 1]!.replace('node_modules/.bin/', '');
  if (!Object.hasOwn(bin, program)) return `the package has no program ${program}`;
  const code = await runCli([...words.slice(at), '--print-config'], io);
  return code === 0 ? '' : io.err();
}

interface Container {
  args: string[];
  resources: { limits: Record<string, string> };
  livenessProbe: object;
  readinessProbe: object;
  securityContext: object;
}

describe('deployment', () => {
  describe('the container file', () => {
    const text = read('Dockerfile');

    test('is valid, and ends as another user than root', () => {
      expect(validate(text)).toEqual([]);
      expect(/^USER (\S+)$/m.exec(text)?.[1]).toBe('node');
    });

    test('runs a command that this version understands', async () => {
      const command = /^CMD (\[.*\])$/m.exec(text)?.[1];
      expect(await complaints(JSON.parse(command!) as string[])).toBe('');
    });

    test('checks the health with a program that parses', () => {
      const check = /^ {2}CMD (\[.*\])$/m.exec(text)?.[1];
      const [node, flag, program] = JSON.parse(check!) as [string, string, string];
      expect([node, flag]).toEqual(['node', '-e']);
      execFileSync(process.execPath, ['--check', '-'], { input: program });
    });
  });

  describe('the systemd unit', () => {
    const text = read('sandglass.service');

    test('runs a command that this version understands', async () => {
      const command = /^ExecStart=(.*)$/m.exec(text)?.[1];
      expect(await complaints(command!.split(' '))).toBe('');
    });

    const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
    test.skipIf(!hasSystemd)('is one that systemd has nothing to say about', () => {
      const { stderr } = spawnSync('systemd-analyze', ['verify', `${FOLDER}sandglass.service`], { encoding: 'utf8' });
      expect(stderr.split('\n').filter((line) => line.includes('sandglass.service'))).toEqual([]);
    });
  });

  describe('the Kubernetes manifest', () => {
    const documents = parseAllDocuments(read('kubernetes.yaml'));

    test('parses, with a kind for each document', () => {
      expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
      expect(documents.map((document) => document.get('kind'))).toEqual(['Deployment', 'Service', 'NetworkPolicy']);
    });

    test('has probes, limits, no root, and a command that this version understands', async () => {
      const container = documents[0]!.getIn(['spec', 'template', 'spec', 'containers', 0], true) as {
        toJSON(): Container;
      };
      const { args, resources, livenessProbe, readinessProbe, securityContext } = container.toJSON();
      expect(resources.limits).toHaveProperty('memory');
      expect(livenessProbe).toMatchObject({ httpGet: { path: '/_sandglass/health' } });
      expect(readinessProbe).toMatchObject({ httpGet: { path: '/_sandglass/ready' } });
      expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
      expect(await complaints(args)).toBe('');
    });
  });
});
