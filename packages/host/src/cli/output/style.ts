import { styleText } from 'node:util';

import type { Io, Output } from '../io.js';

type Format = Parameters<typeof styleText>[0];

/** Colours a text, or returns it unchanged for an output without colours. */
export type Style = (format: Format, text: string) => string;

/** The style of an output: plain if it is no terminal, or `NO_COLOR` is set; `FORCE_COLOR` wins. */
export function createStyle(output: Output, env: Io['env']): Style {
  const isColoured = env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : output.isTTY === true && !env['NO_COLOR'];
  return (format, text) => (isColoured ? styleText(format, text) : text);
}
