import { type CallWire, encodeValue, type ExtensionWire, type InstallWire, packOutcomes } from '@sandglass/core';
import type { LaneEvents } from '@sandglass/host/fleet';
import { beforeEach, describe, expect, type Mock, test, vi } from 'vitest';

import type { Channel, ChannelEvents } from './channels.js';
import { TO_OWNER, TO_RUNNER } from './frames.js';
import { RunnerLink } from './runner-link.js';

/** A session whose runner is the test. */
class FakeChannel implements Pick<Channel, 'events' | 'send' | 'close' | 'lose'> {
  events!: ChannelEvents;
  readonly sent: { type: number; value: unknown }[] = [];
  isClosed = false;
  /** Types, and lists of calls, that are too large. */
  isTooLarge: (type: number, value: unknown, packed: Uint8Array) => boolean = () => false;

  send(type: number, value?: unknown, packed: Uint8Array = new Uint8Array()): boolean {
    if (this.isTooLarge(type, value, packed)) return false;
    this.sent.push({ type, value });
    return true;
  }
  close(): void {
    this.isClosed = true;
  }
  lose(reason: Error): void {
    this.events.lost(reason);
  }
  say(type: number, value?: unknown, packed: Uint8Array = new Uint8Array()): void {
    this.events.message({ type, value, packed });
  }
  typesSent(): number[] {
    return this.sent.map(({ type }) => type);
  }
}

const NAMES = [
  'ready',
  'outcomes',
  'batchDone',
  'loadDone',
  'capabilities',
  'stats',
  'entered',
  'dropped',
  'cold',
  'violation',
  'lost',
] as const;

let channel: FakeChannel;
let events: Record<(typeof NAMES)[number], Mock>;
let link: RunnerLink;
let ended: string[];

function open(): void {
  channel = new FakeChannel();
  ended = [];
  // of all names
  events = Object.fromEntries(NAMES.map((name) => [name, vi.fn<() => void>()])) as typeof events;
  link = new RunnerLink({
    channel: channel as unknown as Channel, // what a link uses of one
    events: events as LaneEvents,
    runner: { id: 'a', name: 'one', engine: 'ff', engines: 2, loadMs: 3 },
    onEnd: (how) => void ended.push(how),
  });
}

const call = (callId: number, bytes = 1): CallWire => ({
  callId,
  extensionId: 1,
  handler: 0,
  argument: new Uint8Array(bytes),
});
const terms = [{ leftMs: 99.5, runs: 1, trace: undefined }];
const batch = (id: number, calls: CallWire[], install: InstallWire[] = []): void =>
  link.batch({ id, install, calls, idleCores: 0, terms });

describe('a link to a runner', () => {
  beforeEach(open);

  test('opens its session, and is ready once', () => {
    expect(channel.typesSent()).toEqual([TO_RUNNER.open, TO_RUNNER.beat]);
    channel.say(TO_OWNER.ready);
    expect(events.ready).toHaveBeenCalledTimes(1);
    channel.say(TO_OWNER.ready);
    expect([events.ready.mock.calls.length, events.violation.mock.calls.length]).toEqual([1, 1]);
  });

  test('sends deadlines as milliseconds left, and gives outcomes on', () => {
    batch(5, [call(1)]);
    expect(channel.sent.at(-1)).toEqual({
      type: TO_RUNNER.batch,
      value: { id: 5, isLast: true, left: [100], runs: [1] },
    });
    const { packed } = packOutcomes([
      { callId: 1, ok: true, value: encodeValue(1), usage: { cpuTimeMs: 1, heapBytes: 0 } },
    ]);
    channel.say(TO_OWNER.outcomes, { errors: [], done: [5] }, packed);
    expect(events.outcomes).toHaveBeenCalledWith({ packed, errors: [] });
    expect(events.batchDone).toHaveBeenCalledWith(5, []);
    expect(events.violation).not.toHaveBeenCalled();
  });

  test.each<[string, number, unknown]>([
    ['a batch that was not sent', TO_OWNER.outcomes, { errors: [], done: [6] }],
    ['no list of batches', TO_OWNER.outcomes, { errors: [], done: 'all' }],
    ['a load that was not asked for', TO_OWNER.loaded, { extensionId: 1, reply: {} }],
    ['a beat of nobody', TO_OWNER.beat, { echo: 'x', othersMs: 0 }],
    ['a load of others below none', TO_OWNER.beat, { echo: 0, othersMs: -1 }],
    ['a type that is unknown', 99, null],
  ])('counts %s as a violation', (_, type, value) => {
    channel.say(type, value);
    expect(events.violation).toHaveBeenCalledTimes(1);
    expect(events.batchDone).not.toHaveBeenCalled();
    expect(events.loadDone).not.toHaveBeenCalled();
  });

  test('measures its hop, and takes what others have there', () => {
    channel.say(TO_OWNER.beat, { echo: performance.now() - 1e9, othersMs: 7 });
    expect(link.distance).toMatchObject({ engines: 2, othersMs: 7, hopMs: expect.closeTo(0.5 + 19.5 * 0.2, 5) });
  });

  test('tells of a runner that is lost, with its name, once', () => {
    channel.lose(new Error('it was silent for 4 s'));
    link.terminate();
    expect(events.lost.mock.calls).toEqual([[new Error('the runner "one" was lost: it was silent for 4 s')]]);
    expect(ended).toEqual(['lost']);
    channel.say(TO_OWNER.ready);
    expect(events.ready).not.toHaveBeenCalled();
  });

  test('says goodbye when it is no longer needed', () => {
    link.terminate();
    expect([channel.typesSent().at(-1), channel.isClosed, ended]).toEqual([TO_RUNNER.close, true, ['retired']]);
  });
});

describe('what is too large for a message', () => {
  beforeEach(open);

  const tooLarge = { code: 'E_QUOTA', message: expect.stringContaining('a message of the fleet may have 67108864') };

  test('a call fails alone, and its batch goes', () => {
    channel.isTooLarge = (type, _, { byteLength }) => type === TO_RUNNER.batch && byteLength > 1_000;
    batch(5, [call(1), call(2, 1_000), call(3)]);
    expect(events.outcomes.mock.calls).toEqual([
      [[{ callId: 2, ok: false, error: tooLarge, usage: { cpuTimeMs: 0, heapBytes: 0 } }]],
    ]);
    const sent = channel.sent.filter(({ type }) => type === TO_RUNNER.batch).map(({ value }) => value);
    expect(sent).toEqual([
      expect.objectContaining({ id: 5, isLast: false }),
      expect.objectContaining({ id: 5, isLast: false }),
      expect.objectContaining({ id: 5, isLast: true }),
    ]);
  });

  test('an extension costs its own calls', () => {
    channel.isTooLarge = (type) => type === TO_RUNNER.install;
    const snapshot = { key: 'k', bytes: new SharedArrayBuffer(8) };
    const extension = { id: 1 } as ExtensionWire;
    const install: InstallWire = { extension, loaded: { registrations: [], snapshot, heapBytes: 0 } };
    batch(5, [call(1), { ...call(2), extensionId: 2 }], [install]);
    expect(events.outcomes.mock.calls).toEqual([[[expect.objectContaining({ callId: 1, error: tooLarge })]]]);
  });

  test('a load fails', () => {
    channel.isTooLarge = (type) => type === TO_RUNNER.load;
    link.load({ id: 7, name: 'big' } as ExtensionWire, undefined);
    expect(events.loadDone.mock.calls).toEqual([[7, { ok: false, error: tooLarge }]]);
  });

  test('an answer is an error for its guest', () => {
    channel.isTooLarge = (type, value) =>
      type === TO_RUNNER.settle && (value as { ok: boolean }[]).some(({ ok }) => ok);
    link.settle([{ callId: 1, seq: 2, ok: true, value: new Uint8Array(9) }]);
    expect(channel.sent.at(-1)?.value).toEqual([
      { callId: 1, seq: 2, ok: false, error: { name: 'RangeError', ...tooLarge } },
    ]);
  });
});
