/** An error that Directus knows for one of its own, by its name, and answers as it is. */
export function createDirectusError(
  status: number,
  code: string,
  { message, extensions = {} }: { message: string; extensions?: object },
): Error {
  return Object.assign(new Error(message), { name: 'DirectusError', status, code, extensions });
}
