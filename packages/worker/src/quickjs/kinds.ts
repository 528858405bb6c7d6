/**
 * What a guest value is, told from its class id alone: no guest code runs, and a Proxy cannot lie.
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
