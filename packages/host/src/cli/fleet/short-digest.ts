/** Characters that are enough for people. */
const SHOWN = 12;

/** A digest of an engine or a bundle, as people are shown it. */
export function shortDigest(digest: string): string {
  return digest.slice(0, SHOWN);
}
