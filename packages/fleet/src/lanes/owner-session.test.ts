import { beforeEach, describe, expect, test } from 'vitest';

import type { Channel, ChannelEvents } from './channels.js';
import { TO_OWNER, TO_RUNNER } from './frames.js';
import { OwnerSession, type SessionHost } from './owner-session.js';

/** One side of a session, whose other side is the test. */
class FakeChannel implements Pick<Channel, 'events' | 'send' | 'lose'> {
  events!: ChannelEvents;
  readonly sent: number[] = [];
  readonly lost: string[] = [];

  send(type: number): boolean {
    this.sent.push(type);
    return true;
  }
  lose({ message }: Error): void {
    this.lost.push(message);
  }
  open(engine: string): void {
    this.events.message({ type: TO_RUNNER.open, value: { engine }, packed: new Uint8Array() });
  }
}

describe('a session of an owner at a runner', () => {
  let channel: FakeChannel;
  let session: OwnerSession;

  beforeEach(() => {
    channel = new FakeChannel();
    const host = { pool: { engine: 'a1' } };
    // what opening a session uses of them
    session = new OwnerSession(channel as unknown as Channel, host as SessionHost);
  });

  test('begins if both have the same engine', () => {
    channel.open('a1');
    expect(session.size).toBe(0);
    expect(channel).toMatchObject({ sent: [TO_OWNER.ready], lost: [] });
  });

  test('ends if the owner has another one, and says so', () => {
    channel.open('b2');
    expect(channel).toMatchObject({ sent: [], lost: ['another engine'] });
  });
});
