/** What `formatForTerminal` escapes, without C0: JSON has none of it but its own line breaks. */
const UNSAFE =
  /[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]+/gu;

/**
 * Escapes what a terminal obeys, or hides, in the strings of a JSON text. It means the same
 * afterwards.
 */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (characters) => {
    const escaped: string[] = [];
    for (let i = 0; i < characters.length; i++)
      escaped.push(`\\u${characters.charCodeAt(i).toString(16).padStart(4, '0')}`);
    return escaped.join('');
  });
}

/** A value as JSON that may be printed on a terminal. */
export function formatJson(value: unknown): string {
  return escapeJson(JSON.stringify(value ?? null, null, 2));
}
