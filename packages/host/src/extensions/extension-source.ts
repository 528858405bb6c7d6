/** An extension given in memory. `manifest` is the parsed package.json. */
export interface ExtensionSource {
  manifest: unknown;
  source: string;
  /** Source map of `source`, parsed or as JSON text. An inline one is found by itself. */
  sourceMap?: string | object | undefined;
}
