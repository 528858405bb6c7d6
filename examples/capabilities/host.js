// A host with a capability of its own: `node examples/capabilities/host.js`
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';

import { readItems } from './items.js';

const database = {
  articles: [
    { id: 3, title: 'Sand' },
    { id: 2, title: 'Glass' },
    { id: 1, title: 'Time' },
  ],
  users: [{ id: 1, title: 'admin' }],
};

const host = await createHost({
  capabilities: [readItems(database)],
  onAudit: ({ capability, target, decision, reason }) =>
    console.log('audit:', capability, target, decision, reason ?? ''),
  onError: () => {}, // the refused read below is expected
});
await host.load(fileURLToPath(new URL('extension', import.meta.url)));

const allowed = await host.fetch(new Request('http://localhost/latest-articles'));
console.log(allowed.status, await allowed.text());

const refused = await host.fetch(new Request('http://localhost/latest-articles/secrets'));
console.log(refused.status);

await host.close();
