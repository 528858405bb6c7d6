import { replaceImport } from './replace-import.js';

/**
 * Gives the engine UTC as its local time zone: guests must not see the host's zone, and a call must
 * not depend on where it runs.
 */
export function replaceLocalTime(imports: WebAssembly.Imports, memory: WebAssembly.Memory): void {
  replaceImport(imports, [/getTimezoneOffset/, /getSeconds/], localTime);
  replaceImport(imports, [/getTimezoneOffset/, /padStart/], setZone);

  /** `localtime_r`: fills a `struct tm` of eleven 32-bit fields. */
  function localTime(seconds: bigint | number, tm: number): void {
    const date = new Date(Number(seconds) * 1_000);
    const year = date.getUTCFullYear();
    const dayOfYear = Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000);
    new Int32Array(memory.buffer, tm, 11).set([
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      year - 1900,
      date.getUTCDay(),
      dayOfYear,
      0, // no daylight saving time
      0, // seconds east of UTC
      0,
    ]);
  }

  /** `tzset`: offset, daylight flag and the names of both zones. */
  function setZone(offset: number, daylight: number, standardName: number, daylightName: number): void {
    const words = new Int32Array(memory.buffer);
    words[offset >> 2] = 0;
    words[daylight >> 2] = 0;
    const bytes = new Uint8Array(memory.buffer);
    for (const at of [standardName, daylightName]) bytes.set([0x55, 0x54, 0x43, 0], at); // "UTC"
  }
}
