/** The folder of this package, from a file of its source, of its build or of a bundle. */
const [, ROOT = ''] = /^(.*\/)(?:src|dist)\//s.exec(import.meta.url) ?? [];

/** Where a file of this package is. @param path from the package's folder. */
export function packageFile(path: string): URL {
  return new URL(path, ROOT);
}
