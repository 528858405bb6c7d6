import { custom } from '@sandglass/core';
import * as z from 'zod/mini';

import type { TestOptions, TestRequest } from '../test-kit/contract.js';
import { checkOptions } from './check-options.js';
import { maybe, object, text, withMethods } from './fields.js';
import { sharedFields } from './host-options.js';

const { capabilities, grant, isolation, limits, nodeEnv, responseHeaders } = sharedFields;

const optionsSchema: z.ZodMiniType<TestOptions> = object<TestOptions>({
  ...{ capabilities, grant, isolation, limits, nodeEnv, responseHeaders },
  request: maybe(withMethods(['dispatch'], 'a Dispatcher, for example a MockAgent of undici')),
});

const isPath = (value: unknown): boolean => typeof value === 'string' && /^(?:[/?]|$)/.test(value);
const pathSchema: z.ZodMiniType<string> = custom<string>(isPath, 'a path that begins with a slash');

const requestSchema: z.ZodMiniType<TestRequest> = object<TestRequest>({
  method: maybe(text),
  headers: maybe(z.record(z.string(), z.string())),
  body: z.optional(z.unknown()),
});

/** Checks the options of `loadExtension`. @throws {TypeError} */
export function checkTestOptions(options: TestOptions): TestOptions {
  return checkOptions('options of loadExtension', optionsSchema, options);
}

/** Checks what a test sends. @throws {TypeError} */
export function checkTestRequest(path: string, request: TestRequest): void {
  checkOptions('path of a request', pathSchema, path);
  checkOptions('request of a test', requestSchema, request);
}
