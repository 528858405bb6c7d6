import { SandglassError } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import { lazyHost } from './host-source.js';
import { toEventHandler } from './events.js';
import type { SqsRecord } from './contract.js';
import { toSqsHandler } from './sqs.js';
import { FakeHost } from './testing/fake-host.js';

function message(messageId: string, operation: string, group?: string): SqsRecord {
  const attributes = group === undefined ? {} : { MessageGroupId: group };
  return { messageId, body: JSON.stringify({ operation, options: messageId }), attributes };
}

describe('adapters of events', () => {
  test.each([
    [
      { operation: 'mail', options: { to: 'a' } },
      { done: { to: 'a' } },
      { name: 'operation mail', argument: { to: 'a' } },
    ],
    [{ operation: 'mail' }, { done: {} }, { name: 'operation mail', argument: {} }],
    [{ filter: 'items.create', payload: 1 }, { filtered: 1 }, { name: 'filter items.create', argument: 1 }],
    [{ action: 'items.create', meta: { key: 1 } }, null, { name: 'action items.create', argument: { key: 1 } }],
  ])('an event %j is invoked', async (event, result, asked) => {
    const host = new FakeHost();
    expect(await toEventHandler(host)(event, { getRemainingTimeInMillis: () => 1_250 })).toEqual(result);
    expect(host.asked).toEqual([{ ...asked, call: { wallTimeMs: 1_000 } }]);
  });

  test.each([
    [null],
    ['mail'],
    [{}],
    [{ operation: 1 }],
    [{ operation: 'mail', filter: 'x' }],
    [{ action: 'a', meta: [] }],
  ])('an event %j is no invocation', async (event) => {
    const host = new FakeHost();
    await expect(toEventHandler(host)(event)).rejects.toThrow(TypeError);
    expect(host.asked).toEqual([]);
  });

  test('an event of another shape is mapped', async () => {
    const host = new FakeHost();
    const handle = toEventHandler(host, {
      toInvocation: (event: { data: string }) => ({ operation: 'mail', options: event.data }),
    });
    expect(await handle({ data: 'text' })).toEqual({ done: 'text' });
  });

  test('a handler of events does not look like one with a callback', () => {
    expect(toEventHandler(new FakeHost())).toHaveLength(1);
  });

  test('a failure carries its code as its name', async () => {
    const host = new FakeHost(new SandglassError('E_CPU', 'too slow'));
    await expect(toEventHandler(host)({ operation: 'fail' })).rejects.toMatchObject({
      name: 'E_CPU',
      message: 'too slow',
    });
  });

  test('only the messages that failed come again', async () => {
    const host = new FakeHost();
    const failures: string[] = [];
    const handle = toSqsHandler(host, {
      onFailure: (error, { messageId }) => failures.push(`${messageId}: ${String(error)}`),
    });
    const broken = { messageId: '3', body: '{' };
    const result = await handle({ Records: [message('1', 'ok'), message('2', 'fail'), broken, message('4', 'ok')] });
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '3' }] });
    expect(failures.toSorted()).toEqual(['2: Error: it failed', expect.stringMatching(/^3: SyntaxError/)]);
    expect(host.asked.map(({ argument }) => argument).toSorted()).toEqual(['1', '2', '4']);
  });

  test('a FIFO group stops at its first failure, and no other group does', async () => {
    const host = new FakeHost();
    const records = [
      message('1', 'ok', 'a'),
      message('2', 'fail', 'a'),
      message('3', 'ok', 'b'),
      message('4', 'ok', 'a'),
    ];
    const result = await toSqsHandler(host, { onFailure: () => {} })({ Records: records });
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '4' }] });
    expect(host.asked.map(({ argument }) => argument).toSorted()).toEqual(['1', '2', '3']);
  });

  test('without a sink, a failed message is one line on stderr', async () => {
    const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
    await toSqsHandler(new FakeHost(new Error('a\nb')))({ Records: [message('1', 'fail')] });
    expect(stderr.mock.calls).toEqual([['sandglass: message 1 failed: Error: a\\nb']]);
    stderr.mockRestore();
  });

  test('a host is made once, at the first call', async () => {
    const create = vi.fn<() => Promise<FakeHost>>(async () => new FakeHost());
    const getHost = lazyHost(create);
    const handlers = [toEventHandler(getHost), toEventHandler(getHost)];
    expect(create).not.toHaveBeenCalled();
    await Promise.all(handlers.map((handle) => handle({ operation: 'mail' })));
    expect(create).toHaveBeenCalledOnce();
  });

  test('a host that could not be made is tried again', async () => {
    const create = vi
      .fn<() => Promise<FakeHost>>()
      .mockRejectedValueOnce(new Error('busy'))
      .mockResolvedValue(new FakeHost());
    const handle = toEventHandler(create);
    await expect(handle({ operation: 'mail' })).rejects.toThrow('busy');
    expect(await handle({ operation: 'mail' })).toEqual({ done: {} });
  });
});
