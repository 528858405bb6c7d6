import { loadExtension, MockAgent } from '@sandglass/host/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const agent = new MockAgent();
agent.disableNetConnect();

let extension: Awaited<ReturnType<typeof loadExtension>>;

describe('the endpoint', () => {
  beforeAll(async () => {
    extension = await loadExtension('.', { request: agent });
  });
  afterAll(() => extension.close());

  test('says hello', async () => {
    expect(await extension.request('/')).toMatchObject({ status: 200, body: { hello: 'world' } });
  });

  test('asks for the weather', async () => {
    const answer = { city: 'Oslo', celsius: -3 };
    agent.get('https://api.example.com').intercept({ path: '/weather/Oslo' }).reply(200, answer);
    expect(await extension.request('/weather?city=Oslo')).toMatchObject({ status: 200, body: answer });
    expect(extension.logs).toEqual(['It is -3 degrees in Oslo']);
  });

  test('wants a city', async () => {
    expect(await extension.request('/weather')).toMatchObject({ status: 400 });
  });
});
