/**
 * URL of a compiled file: subjects are loaded from `dist` whether the suite itself runs from there
 * or, in tests, from `src`.
 */
export function compiled(file: string): string {
  return new URL(`../../dist/${file}`, import.meta.url).href;
}
