import { compiled } from '../run/compiled.js';
import type { Suite } from '../run/subject.js';
import type { DecisionInput, RoundTripInput } from './gate-subjects.js';

const MODULE = compiled('suites/gate-subjects.js');
/** The longest URL that the gate looks at. */
const MAX_CHARACTERS = 8_192;
const URLS = 100;
const QUANTILES: readonly [string, number][] = [
  ['median', 0.5],
  ['99 of 100', 0.99],
  ['worst', 1],
];

/**
 * The scope gate: a decision alone, and its share of a request. @param serverUrl loopback server
 * that requests go to
 */
export function createGateSuites(serverUrl: string): Suite[] {
  return [decisions(), roundTrip(serverUrl, 1), roundTrip(serverUrl, 64)];
}

function decisions(): Suite {
  const sets: Record<string, Omit<DecisionInput, 'quantile'>> = {
    'an ordinary URL, four patterns': {
      urls: urls((index) => `/v1/items/${index}?fields=id,name&limit=${index}`),
      patterns: ['/v1/users/*', '/search?q=*', '/v2/*', '/v1/items/*'].map(toUrl),
    },
    '8 KiB, one pattern': { urls: longUrls(), patterns: [toUrl('/*')] },
    '8 KiB, 256 patterns': {
      urls: longUrls(),
      patterns: Array.from({ length: 256 }, (_, index) => toUrl(`/${'a'.repeat(index % 128)}/${index}/*`)),
    },
    '8 KiB, 16 patterns that search it': {
      urls: longUrls(),
      patterns: Array.from({ length: 16 }, (_, index) => toUrl(`/*${'a/'.repeat(20)}b${index}*a*a*z`)),
    },
  };
  return {
    name: 'gate-decision',
    title: 'Gate: deciding about a URL',
    unit: 'ns',
    launches: 2,
    rounds: 3,
    subjects: Object.entries(sets).flatMap(([name, set]) =>
      QUANTILES.map(([label, quantile]) => ({
        name: `${name}: ${label}`,
        module: MODULE,
        open: 'openDecision',
        input: { ...set, quantile } satisfies DecisionInput,
      })),
    ),
  };
}

function roundTrip(url: string, inFlight: number): Suite {
  const subject = (name: string, through: RoundTripInput['through']): Suite['subjects'][number] => ({
    name,
    module: MODULE,
    open: 'openRoundTrip',
    input: { url, through, inFlight } satisfies RoundTripInput,
  });
  const reference = 'undici, no guest';
  return {
    name: inFlight === 1 ? 'gate-request' : `gate-request-${inFlight}`,
    title: `Gate: a request to a loopback server, ${inFlight} in flight`,
    unit: 'ns',
    reference,
    subjects: [
      subject(reference, 'undici'),
      subject('Sandglass, a capability that asks undici at once', 'no gate'),
      subject('Sandglass, request, with the gate', 'gate'),
    ],
  };
}

/** URLs as long as the gate takes them, of kinds that make a parser or a matcher work. */
function longUrls(): string[] {
  const units = ['a', 'a/', '%20', '../a/', 'é', 'a=b&', '%2e%2e/', 'aab'];
  return urls((index) => {
    const unit = units[index % units.length] ?? 'a';
    const lead = `/${index}${unit === 'a=b&' ? '?' : '/'}`;
    // Non-ASCII grows by six when it is encoded.
    const room = MAX_CHARACTERS - toUrl(lead).length;
    const grown = unit === 'é' ? 6 : unit.length;
    return lead + unit.repeat(Math.floor(room / grown));
  });
}

function urls(path: (index: number) => string): string[] {
  return Array.from({ length: URLS }, (_, index) => toUrl(path(index)));
}

function toUrl(path: string): string {
  return `https://api.example.com${path}`;
}
