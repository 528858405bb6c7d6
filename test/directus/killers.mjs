/** What ends a Directus that runs it, or keeps everybody else waiting. */

const KILLERS = {
  "'x'.repeat(-1)": "'x'.repeat(-1)",
  'deep recursion': '(function f() { f(); })()',
  'while (true)': 'for (;;);',
  'an endless loop after an await': 'await sleep(1); for (;;);',
  'an invalid date': 'return new Date(NaN).toISOString()',
  'memory without end': "const all = []; for (;;) all.push('x'.repeat(1e6) + all.length)",
};

export const KILLER_EXTENSION = {
  name: 'killer',
  type: 'endpoint',
  scopes: { sleep: {} },
  source: `
    import { sleep } from 'directus:api';
    const killers = [${Object.values(KILLERS).map((code) => `async () => { ${code} }`)}];
    export default (router) => {
      router.get('/:n', async ({ url }) => ({ status: 200, body: String(await killers[Number(url.slice(1))]()) }));
    };
  `,
};

/** After so long without an answer, a request counts as unanswered. */
const GIVE_UP_AFTER_MS = 20_000;

/**
 * Runs each in place, where everybody else has to get answers, and in Directus' own sandbox, in a
 * Directus of its own, for the table.
 */
export async function tryKillers({ inPlace, startOwn }) {
  const wrong = [];
  console.log('killer | own sandbox | in place');
  let own = await startOwn();
  for (const [n, title] of Object.keys(KILLERS).entries()) {
    const ours = await tryOne(inPlace, n);
    const theirs = await tryOne(own, n);
    // what never ends keeps its extension from every further answer
    if (!theirs.startsWith('answers')) {
      await own.close();
      own = await startOwn();
    }
    console.log([title, theirs, ours].join(' | '));
    if (!ours.startsWith('answers 500, others are answered')) wrong.push(`${title}: ${ours}`);
  }
  return wrong;
}

async function tryOne(side, n) {
  const killed = side.endpoint(`killer/${n}`, { signal: AbortSignal.timeout(GIVE_UP_AFTER_MS) }).then(
    ({ status }) => `answers ${status}`,
    () => 'no answer',
  );
  const others = [];
  const end = { over: false };
  const asking = (async () => {
    while (!end.over && side.isUp()) {
      const began = performance.now();
      if (!(await answers(side))) break;
      others.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const answer = await killed;
  end.over = true;
  await asking;
  await new Promise((resolve) => setTimeout(resolve, 100));
  if (!side.isUp()) return `${answer}; Directus has ended`;
  if (!(await answers(side))) return `${answer}; Directus answers nobody any more`;
  return `${answer}, others are answered within ${Math.round(Math.max(0, ...others))} ms`;
}

async function answers({ endpoint }) {
  const response = await endpoint('server/ping', { signal: AbortSignal.timeout(GIVE_UP_AFTER_MS) }).catch(
    () => undefined,
  );
  return response?.ok === true;
}
