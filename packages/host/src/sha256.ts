/**
 * SHA-256 of a text, hex. Through Web Crypto, which the engine loads all the same: `node:crypto` on
 * top would take 3 ms of a cold start.
 */
export async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}
