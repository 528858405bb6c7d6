/** The package.json of an extension that asks for these scopes. */
export function manifest(name, type, version, requestedScopes) {
  const sandbox = { enabled: true, requestedScopes };
  return {
    name,
    version,
    'directus:extension': { type, path: 'index.js', source: 'index.js', host: '^11.0.0', sandbox },
  };
}
