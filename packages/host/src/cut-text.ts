/** A copy of a text's beginning: what a slice is cut from lives as long as the slice. */
export function cutText(text: string, maxLength: number): string {
  return text.length > maxLength ? Buffer.from(text.slice(0, maxLength)).toString() : text;
}
