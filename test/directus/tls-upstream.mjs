/** The upstream of published extensions: any HTTPS host, scripted call by call. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @param hosts names that its certificate is for */
export async function startTlsUpstream(hosts) {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = hosts.map((host) => `DNS:${host}`).join();
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=upstream',
      '-addext',
      `subjectAltName=${names}`,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  const seen = [];
  let answers = [];
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    const { host, authorization, 'content-type': type } = headers;
    seen.push({ method, url: `https://${host}${url}`, authorization, type, body: Buffer.concat(chunks).toString() });
    const { status = 500, body = 'nothing is scripted' } = answers.shift() ?? {};
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    /** For `redirect.cjs`. */
    env: { UPSTREAM_TLS_PORT: String(server.address().port), UPSTREAM_CA: cert },
    script: (next) => (answers = [...next]),
    seen: () => seen.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
