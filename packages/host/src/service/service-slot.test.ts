import { describe, expect, test } from 'vitest';

import { createService } from './service.js';
import { ServiceSlot } from './service-slot.js';
import { createFakeHost } from './testing/fake-host.js';

describe('ServiceSlot', () => {
  test('a service in the making is alive and not ready, and answers all else with 503', async () => {
    const slot = new ServiceSlot();
    const ask = async (path: string): Promise<[number, string]> => {
      const response = await slot.fetch(new Request(`http://localhost${path}`));
      return [response.status, await response.text()];
    };
    expect(await ask('/_sandglass/health?x')).toEqual([200, '{"status":"ok"}']);
    expect(await ask('/_sandglass/ready')).toEqual([503, '{"status":"starting"}']);
    for (const path of ['/hello', '/_sandglass/metrics', '/x/_sandglass/health'])
      expect((await ask(path))[0]).toBe(503);

    slot.countUnsent(() => 7);
    slot.fill(createService(createFakeHost()));
    expect([await ask('/hello'), await ask('/_sandglass/ready')]).toEqual([
      [200, 'endpoint'],
      [200, '{"status":"ready"}'],
    ]);
    expect(slot.counts.inFlight).toBe(7);
  });

  test('one that was told to drain before it was there drains', async () => {
    const slot = new ServiceSlot();
    slot.drain();
    slot.fill(createService(createFakeHost()));
    expect((await slot.fetch(new Request('http://localhost/_sandglass/ready'))).status).toBe(503);
  });
});
