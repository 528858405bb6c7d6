// import() while the entrypoint is still being evaluated, when static imports are allowed to resolve.
// class: module loading | expect: contained
const early = await Promise.allSettled(['directus:api', 'fs', './x.js'].map((specifier) => import(specifier)));
export default async function probe() {
  const loaded = early.filter(({ status }) => status === 'fulfilled');
  return loaded.length ? 'EXPOSED: ' + loaded.length + ' dynamic imports at load' : 'contained';
}
