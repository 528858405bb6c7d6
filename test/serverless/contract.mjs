/** What every deployed example answers, over real HTTP. */
import assert from 'node:assert/strict';

/**
 * @param base where the extensions are mounted, for example `http://127.0.0.1:8080/api`
 * @param concurrency calls made at once
 */
export async function assertServesExtensions(base, concurrency = 50) {
  const hello = await fetch(`${base}/hello-endpoint/`);
  assert.equal(hello.status, 200);
  assert.match(hello.headers.get('content-type'), /^application\/json/);
  assert.deepEqual(await hello.json(), { hello: 'world', visits: 1 });

  const again = await fetch(`${base}/hello-endpoint/`);
  assert.deepEqual(await again.json(), { hello: 'world', visits: 1 }, 'a second call is pristine as well');

  const echo = await fetch(`${base}/hello-endpoint/echo?a=1&b=%C3%BC`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"title":"ü","list":[1,null]}',
  });
  assert.equal(echo.status, 201);
  assert.deepEqual(await echo.json(), { url: '/echo?a=1&b=%C3%BC', body: { title: 'ü', list: [1, null] } });

  const slow = await fetch(`${base}/hello-endpoint/slow`);
  assert.match(slow.headers.get('content-type'), /^text\/html/);
  assert.equal(await slow.text(), 'Worth the wait');

  const none = await fetch(`${base}/none`);
  assert.equal(none.status, 404);

  const many = await Promise.all(Array.from({ length: concurrency }, () => fetch(`${base}/hello-endpoint/`)));
  const answers = await Promise.all(many.map(async (response) => `${response.status} ${await response.text()}`));
  assert.deepEqual([...new Set(answers)], ['200 {"hello":"world","visits":1}'], 'calls side by side are pristine');
}
