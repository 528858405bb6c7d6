import { readText, type TextUnits } from '../quickjs/read-text.js';
import { type AsciiTables, compareAscii, createTables } from './compare-ascii.js';

/*
 * What depends on a language, with the data of the runtime that this runs in. A guest that names no
 * language, or none that there is, has English of the USA, and one that names no time zone has UTC:
 * nothing depends on the machine.
 */

const FALLBACK = 'en-US';
const ZONE = 'UTC';

/** Of a text that is compared, in UTF-16 units: nothing stops the runtime in the middle of it. */
const MAX_TEXT_LENGTH = 1 << 20;
const MAX_LOCALES = 100;
/** Of a locale and of an option. */
const MAX_NAME_LENGTH = 255;

/** Longer texts are made stream-safe: the time for marks on one letter grows with their square. */
const MAX_PLAIN_LENGTH = 512;
/** As many marks as the Stream-Safe Text Format has on one letter: UAX #15, section 13. */
const MARKS = /\p{M}{30}/gu;
const GRAPHEME_JOINER = '\u034F';

/** Formats that are kept for whoever asks for the same again. One of dates takes 25 KiB. */
const MAX_KEPT = 64;

/**
 * Formats of dates that a call may have made. V8 frees what they take outside of its heap between
 * two turns of the event loop.
 */
const MAX_DATE_FORMATS = 256;

const DATE_FIELDS = ['weekday', 'year', 'month', 'day'] as const;
const TIME_FIELDS = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'] as const;

/** Which fields a date has when a guest names none, and which it may name. */
type DateKind = 'date and time' | 'date' | 'time';

/** What the prelude asks, which has read all of the guest's values. */
export type LocaleQuestion = readonly [
  kind: 'compare' | 'upper' | 'lower' | 'number' | DateKind,
  locales: readonly string[],
  options: Intl.CollatorOptions & Intl.NumberFormatOptions & Intl.DateTimeFormatOptions,
  subject: string | number | bigint,
  other?: string,
];

const kept: Map<string, unknown> = new Map();
let usual: { collator: Intl.Collator; tables: AsciiTables } | undefined;

/**
 * As `localeCompare` without locales.
 *
 * @returns undefined if one is longer than it may be
 */
export function compareTexts(one: TextUnits, other: TextUnits): number | undefined {
  usual ??= { collator: new Intl.Collator(FALLBACK), tables: createTables(FALLBACK) };
  const order = compareAscii(usual.tables, one, other);
  if (order !== undefined || Math.max(one.length, other.length) > MAX_TEXT_LENGTH) return order;
  return usual.collator.compare(toSafe(readText(one)), toSafe(readText(other)));
}

/** Answers a sandbox. */
export class LocaleAnswers {
  #dateFormats = 0;

  /** A call begins. */
  begin(): void {
    this.#dateFormats = 0;
  }

  /** @throws {RangeError | TypeError} where ECMA-402 throws one, and for more than there may be */
  answer([kind, given, options, subject, other = '']: LocaleQuestion): string | number {
    const locales = [...given, FALLBACK];
    if (given.length > MAX_LOCALES) throw new RangeError(`More than ${MAX_LOCALES} locales`);
    for (const name of [...given, ...Object.values(options)])
      if (typeof name === 'string' && name.length > MAX_NAME_LENGTH)
        throw new RangeError(`A locale or an option of more than ${MAX_NAME_LENGTH} characters`);
    const key = JSON.stringify([kind, given, options]);
    switch (kind) {
      case 'compare':
        return keep(key, () => new Intl.Collator(locales, options)).compare(toSafe(String(subject)), toSafe(other));
      case 'upper':
        return String(subject).toLocaleUpperCase(locales);
      case 'lower':
        return String(subject).toLocaleLowerCase(locales);
      case 'number':
        return keep(key, () => new Intl.NumberFormat(locales, options)).format(subject as number | bigint);
      default:
        return keep(key, () => this.#newDateFormat(kind, locales, options)).format(Number(subject));
    }
  }

  #newDateFormat(kind: DateKind, locales: string[], options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    if (++this.#dateFormats > MAX_DATE_FORMATS)
      throw new RangeError(`Dates in more than ${MAX_DATE_FORMATS} formats in one call`);
    return new Intl.DateTimeFormat(locales, { timeZone: ZONE, ...withFields(kind, options) });
  }
}

function toSafe(text: string): string {
  if (text.length <= MAX_PLAIN_LENGTH) return text;
  if (text.length > MAX_TEXT_LENGTH) throw new RangeError(`A text of more than ${MAX_TEXT_LENGTH} characters`);
  return text.replaceAll(MARKS, `$&${GRAPHEME_JOINER}`);
}

function keep<T>(key: string, make: () => T): T {
  const value = kept.has(key) ? (kept.get(key) as T) : make(); // the key names the kind
  kept.delete(key);
  kept.set(key, value);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  return value;
}

/** ECMA-402, CreateDateTimeFormat with `required` and `defaults`. */
function withFields(kind: DateKind, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions {
  const { dateStyle, timeStyle } = options;
  if (kind === 'date' && timeStyle !== undefined) throw new TypeError('Invalid option: timeStyle');
  if (kind === 'time' && dateStyle !== undefined) throw new TypeError('Invalid option: dateStyle');
  const own = { date: DATE_FIELDS, time: TIME_FIELDS, 'date and time': [...DATE_FIELDS, ...TIME_FIELDS] }[kind];
  if (dateStyle ?? timeStyle ?? own.find((field) => options[field] !== undefined)) return options;
  return {
    ...options,
    ...(kind !== 'time' && { year: 'numeric', month: 'numeric', day: 'numeric' }),
    ...(kind !== 'date' && { hour: 'numeric', minute: 'numeric', second: 'numeric' }),
  };
}
