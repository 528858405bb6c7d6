import { LATE_TOOLS } from './late-tools.js';

/**
 * A part of the late functions: what depends on a language. It reads what the guest gives, in
 * ECMA-402's order, and asks the host, which has the data (`sandbox/locale.ts`).
 */
export const LOCALE: string = /* js */ `(function (tools) {
'use strict';
${LATE_TOOLS}
const COLLATOR = ['usage', 'localeMatcher', 'collation', 'numeric', 'caseFirst', 'sensitivity', 'ignorePunctuation'];
const NUMBER = ['localeMatcher', 'numberingSystem', 'style', 'currency', 'currencyDisplay', 'currencySign', 'unit', 'unitDisplay', 'notation', 'minimumIntegerDigits', 'minimumFractionDigits', 'maximumFractionDigits', 'minimumSignificantDigits', 'maximumSignificantDigits', 'roundingIncrement', 'roundingMode', 'roundingPriority', 'trailingZeroDisplay', 'compactDisplay', 'useGrouping', 'signDisplay'];
const DATE = ['localeMatcher', 'calendar', 'numberingSystem', 'hour12', 'hourCycle', 'timeZone', 'weekday', 'era', 'year', 'month', 'day', 'dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits', 'timeZoneName', 'formatMatcher', 'dateStyle', 'timeStyle'];

function textOf(value) {
  if (value === undefined || value === null) throw new ERRORS.TypeError('null or undefined are forbidden');
  return toText(value);
}

function toText(value) {
  if (typeof value === 'symbol') throw new ERRORS.TypeError('cannot convert symbol to string');
  return NativeString(value);
}

function localesOf(given) {
  const locales = [];
  if (given === undefined) return locales;
  if (given === null) throw new ERRORS.TypeError('locales must be a string or a list of them');
  const list = typeof given === 'string' ? [given] : NativeObject(given);
  const { length } = list;
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    const locale = list[i];
    if (typeof locale !== 'string' && (typeof locale !== 'object' || locale === null)) throw new ERRORS.TypeError('a locale has to be a string');
    put(locales, locales.length, toText(locale));
  }
  return locales;
}

function optionsOf(given, names) {
  const options = {};
  if (given === undefined) return options;
  if (given === null) throw new ERRORS.TypeError('options must be an object');
  for (let i = 0; i < names.length; i++) {
    const value = given[names[i]];
    if (value === undefined) continue;
    put(options, names[i], typeof value === 'boolean' || typeof value === 'number' ? value : toText(value));
  }
  return options;
}

function formatDate(kind) {
  return (self, locales, options) => {
    const time = getTime(self);
    if (time !== time) return 'Invalid Date';
    return askLocale([kind, localesOf(locales), optionsOf(options, DATE), time]);
  };
}

function formatNumber(unbox) {
  return (self, locales, options) => {
    const number = unbox(self);
    return askLocale(['number', localesOf(locales), optionsOf(options, NUMBER), number]);
  };
}

function changeCase(kind) {
  return (self, locales) => askLocale([kind, localesOf(locales), {}, textOf(self)]);
}

return {
  'String.prototype.localeCompare': (self, that, locales, options) => {
    const text = textOf(self), other = toText(that);
    return askLocale(['compare', localesOf(locales), optionsOf(options, COLLATOR), text, other]);
  },
  'String.prototype.toLocaleUpperCase': changeCase('upper'),
  'String.prototype.toLocaleLowerCase': changeCase('lower'),
  'Number.prototype.toLocaleString': formatNumber(boxValue[0]),
  'BigInt.prototype.toLocaleString': formatNumber(boxValue[3]),
  'Date.prototype.toLocaleString': formatDate('date and time'),
  'Date.prototype.toLocaleDateString': formatDate('date'),
  'Date.prototype.toLocaleTimeString': formatDate('time'),
};
})`;
