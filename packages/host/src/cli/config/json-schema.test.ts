import { readFile, writeFile } from 'node:fs/promises';

import { check } from '@sandglass/core';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';

import { defineConfig } from './define-config.js';
import { CONFIG_OPTIONS } from './options.js';
import { configSchema } from './schema.js';

const FILE = new URL('../../../config.schema.json', import.meta.url);

interface Node {
  properties?: Record<string, Node>;
  [keyword: string]: unknown;
}

/**
 * The schema of a configuration file, for editors: what the command line checks, with the words of
 * its help.
 */
function generate(): Node {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as Node;
  for (const { path, description } of CONFIG_OPTIONS) {
    const node = path.split('.').reduce<Node | undefined>((at, key) => at?.properties?.[key], schema);
    Object.assign(node!, { description }); // every option is in the schema
  }
  // of the machine that generates it
  delete schema.properties!['pool']!.properties!['maxThreads']!['default'];
  for (const key of ['denyAddresses', 'allowAddresses'])
    schema.properties!['request']!.properties![key]!['items'] = { type: 'string' };
  schema.properties!['responseHeaders']!['items'] = { type: 'string' };
  // code has no place in JSON
  const { capabilities: _code, grant: _too, ...properties } = schema.properties!;
  return { ...schema, title: 'Configuration of Sandglass', properties: { $schema: { type: 'string' }, ...properties } };
}

describe('the schema of the configuration', () => {
  // `UPDATE_SCHEMA=1` writes it.
  test('the schema of the configuration file is what the command line checks', async () => {
    const text = `${JSON.stringify(generate(), null, 2)}\n`;
    if (process.env['UPDATE_SCHEMA'] === '1') await writeFile(FILE, text);
    expect(JSON.parse(await readFile(FILE, 'utf8'))).toEqual(JSON.parse(text));
  });

  test('every option of the schema has a type, or values, and a description', () => {
    const schema = generate();
    for (const { path } of CONFIG_OPTIONS) {
      const node = path.split('.').reduce<Node>((at, key) => at.properties![key]!, schema);
      expect(node['type'] ?? node['enum'] ?? node['anyOf']).toBeDefined();
      expect(node['description']).toMatch(/\w/);
    }
  });

  test('defineConfig gives back what it is given, and its type allows groups in part', () => {
    const config = defineConfig({
      limits: { cpuTimeMs: 50 },
      service: { port: 0 },
      request: { denyAddresses: ['10.0.0.0/8'] },
    });
    expect(config).toEqual({
      limits: { cpuTimeMs: 50 },
      service: { port: 0 },
      request: { denyAddresses: ['10.0.0.0/8'] },
    });
    expect(check(configSchema, config).success).toBe(true);
    // @ts-expect-error -- a key that is none
    defineConfig({ port: 0 });
  });
});
