/** The manifest of an operation that asks for these scopes. */
export function operationManifest(name, requestedScopes) {
  return {
    name,
    version: '1.0.0',
    'directus:extension': {
      type: 'operation',
      path: { app: 'app.js', api: 'api.js' },
      source: { app: 'app.js', api: 'api.js' },
      host: '^10.0.0',
      sandbox: { enabled: true, requestedScopes },
    },
  };
}
