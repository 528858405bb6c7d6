/** Makes extensions in memory for the suite. */

const PATHS = {
  endpoint: { path: 'index.js', source: 'index.js' },
  hook: { path: 'index.js', source: 'index.js' },
  operation: { path: { app: 'app.js', api: 'index.js' }, source: { app: 'app.js', api: 'index.js' } },
};

/** An extension of any type, as `host.load` takes it. */
export function extension(type, name, source, requestedScopes = {}) {
  const sandbox = { enabled: true, requestedScopes };
  const manifest = { name, version: '1.0.0', 'directus:extension': { type, ...PATHS[type], host: '*', sandbox } };
  return { manifest, source };
}

/** An operation whose id is its name. */
export function operation(name, handler, requestedScopes = {}, imports = '') {
  const source = `${imports}\nexport default { id: ${JSON.stringify(name)}, handler: ${handler} };`;
  return extension('operation', name, source, requestedScopes);
}
