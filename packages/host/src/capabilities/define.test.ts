import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';

import { type CapabilityContext, defineCapability } from './define.js';

const scope = z.object({ collections: z.array(z.string()) });
const make = (over: { name?: string; module?: string; args?: z.ZodType<unknown[]> }) =>
  defineCapability({ name: 'readItems', scope, args: z.tuple([]), handler: () => 1, ...over });

describe('defineCapability', () => {
  test('fills in the defaults and counts the parameters', () => {
    const capability = defineCapability({
      name: 'readItems',
      module: 'acme:items',
      scope,
      args: z.tuple([z.string(), z.number().optional()]),
      handler([collection, limit], context) {
        expectTypeOf(collection).toEqualTypeOf<string>();
        expectTypeOf(limit).toEqualTypeOf<number | undefined>();
        expectTypeOf(context).toEqualTypeOf<CapabilityContext<{ collections: string[] }>>();
        return `${collection}${limit ?? ''}`;
      },
    });
    expect(capability).toMatchObject({
      name: 'readItems',
      module: 'acme:items',
      parameters: 2,
      effect: true,
      order: 'scope-first',
    });
    expect(make({}).module).toBe('directus:api');
    expect(Object.isFrozen(capability)).toBe(true);
  });

  test.each([
    '',
    '1a',
    'a b',
    'items.',
    'items.read.all',
    'items.then',
    'default',
    'await',
    'then',
    '__proto__',
    'constructor',
    'toString',
    'console',
    'a'.repeat(65),
  ])('refuses the name %j', (name) => {
    expect(() => make({ name })).toThrow(
      `Cannot define capability "${name}": the name has to be an identifier that is not reserved, or two with a dot`,
    );
  });

  test.each(['', 'items', 'acme:', ':items', 'Acme:items', 'acme:../x y', 'node:fs'])(
    'refuses the module %j',
    (module) => {
      expect(() => make({ module })).toThrow(TypeError);
    },
  );

  test.each([
    ['an array', z.array(z.unknown())],
    ['a tuple with a rest', z.tuple([z.string()], z.string())],
  ])('refuses arguments described by %s', (_, args) => {
    expect(() => make({ args })).toThrow(/args has to be a z\.tuple without a rest$/);
  });

  test('refuses sync parameters that the arguments do not have', () => {
    const sync = [{ label: 'Message', type: 'string' as const }];
    expect(() => defineCapability({ name: 'note', scope, args: z.tuple([]), sync, handler: () => {} })).toThrow(
      /sync describes more parameters/,
    );
  });
});
