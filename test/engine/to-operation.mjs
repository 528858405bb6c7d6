/**
 * A probe exports a function; as an operation it is the handler of one. Any other default export
 * stays.
 */
export function toOperation(text) {
  const probe = /export default (async function probe\b)/;
  if (!probe.test(text)) return text;
  return `${text.replace(probe, '$1')}\nexport default { id: 'probe', handler: probe };\n`;
}
