/**
 * Kinds of guest values. The class id alone decides: no guest code runs, and a Proxy cannot
 * pretend.
 */
export const KINDS = [
  'other',
  'object',
  'array',
  'function',
  'error',
  'boxed',
  'date',
  'regexp',
  'map',
  'set',
  'buffer',
  'typed',
  'dataview',
  'proxy',
] as const;
export type Kind = (typeof KINDS)[number];
