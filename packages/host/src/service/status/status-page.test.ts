import { describe, expect, test } from 'vitest';

import { countTurns } from '../../time/testing/count-turns.js';
import type { Host } from '../../host-contract.js';
import { mergeStats } from '../processes/merge-stats.js';
import { createFakeHost, createFakeInfo } from '../testing/fake-host.js';
import type { StatusExtension, StatusList, StatusOverview } from './status-data.js';
import { createStatus } from './status.js';

const COUNT = 10_000;
const name = (i: number): string => `extension-${i}`;
const extensions = Array.from({ length: COUNT }, (_, i) =>
  createFakeInfo({
    name: name(i),
    state: i === 9_000 ? 'failed' : 'ready',
    ...(i === 9_000 ? { error: new Error('x'.repeat(1_000_000)) } : {}),
  }),
);

function open(parts: Partial<Host> = {}) {
  const status = createStatus();
  const page = status.attach(createFakeHost({ extensions, ...parts }));
  status.close();
  return { ...status.sinks, fetch: (target: string) => page.fetch(target)! };
}

const read = async <Data>(response: Promise<Response>): Promise<Data> => (await response).json() as Promise<Data>;

function called(extension: string, outcome: 'ok' | 'E_GUEST' = 'ok') {
  const registration = { type: 'operation', id: 'x', handler: 0 } as const;
  return { extension, registration, outcome, durationMs: 1 };
}

describe('the data of the status page', () => {
  test('lists what failed to load, then what fails, then the busiest, by pages', async () => {
    const { onCall, fetch } = open();
    for (let i = 0; i < 3; i++) onCall(called(name(7)));
    onCall(called(name(70), 'E_GUEST'));
    const text = await (await fetch('/extensions')).text();
    const { matching, pages, rows } = JSON.parse(text) as StatusList;
    expect([matching, pages, rows.length]).toEqual([COUNT, 500, 20]);
    expect(rows.slice(0, 5).map((row) => row.name)).toEqual([9_000, 70, 7, 0, 1].map(name));
    expect(rows[1]).toMatchObject({ calls: 1, failed: 1 });
    expect(text.length).toBeLessThan(20_000);
  });

  test('lists by a part of the name, the state and an order, numbers in names as numbers', async () => {
    const { fetch } = open();
    const list = await read<StatusList>(fetch('/extensions?search=ION-99&order=name&page=2'));
    expect([list.matching, list.rows[0]?.name]).toEqual([111, name(9_909)]);
    expect((await read<StatusList>(fetch('/extensions?order=name'))).rows[2]?.name).toBe(name(2));
    expect((await read<StatusList>(fetch('/extensions?state=failed'))).matching).toBe(1);
  });

  test.each([
    ['/extensions?order=Name', 'order is "Name": it has to be one of failing, name, calls, failed, median, p99'],
    ['/extensions?state=x', 'state is "x": it has to be one of any, ready, failed, loading, unloading'],
    ['/extensions?page=0', 'page is "0": it has to be an integer from 1 to 1000000'],
    ['/extensions?page=1e3', 'page is "1e3": it has to be an integer from 1 to 1000000'],
    ['/extensions?serch=a', 'Unknown parameter "serch": there are search, state, order, page'],
    [`/extensions?search=${'x'.repeat(201)}`, 'search has more than 200 characters'],
  ])('refuses %s, and says why', async (target, message) => {
    const response = await open().fetch(target);
    expect([response.status, await response.json()]).toEqual([400, { errors: [{ message }] }]);
  });

  test.each(['/extensions/nope', '/extensions/%E0%A4', '/extensions/'])('has no %s', async (target) => {
    expect((await open().fetch(target)).status).toBe(404);
  });

  test('looks at ten thousand extensions in turns of the event loop', async () => {
    const { fetch } = open();
    const [turns] = await countTurns(async () => (await fetch('/extensions')).text());
    expect(turns).toBeGreaterThan(10);
  });

  test('has one extension with its limits and why it failed', async () => {
    const { fetch, onCall } = open();
    onCall(called(name(9_000)));
    const shown = await read<StatusExtension>(fetch(`/extensions/${name(9_000)}`));
    expect(shown.error?.message).toHaveLength(2_000);
    expect(shown).toMatchObject({ canReload: false, seen: { calls: 1 }, handlers: [{ name: 'operation x' }] });
  });

  test('has the counters of one extension, also where a process that was late has those of all', async () => {
    const all = [1, 2, 3].map((id) => Object.assign(mergeStats([]), { id, name: name(id), lanes: id }));
    const { fetch } = open({ stats: () => ({ ...mergeStats([]), extensions: all }) });
    expect((await read<StatusExtension>(fetch(`/extensions/${name(2)}`))).stats).toMatchObject({ id: 2, lanes: 2 });
    expect((await read<StatusExtension>(fetch(`/extensions/${name(4)}`))).stats).toBeUndefined();
  });

  test('counts the extensions by state', async () => {
    const { extensions: states } = await read<StatusOverview>(open().fetch('/data'));
    expect(states).toEqual({ ready: COUNT - 1, failed: 1, loading: 0, unloading: 0 });
  });
});
