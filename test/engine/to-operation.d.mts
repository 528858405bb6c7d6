export function toOperation(text: string): string;
