/**
 * Ten extensions that are built from their public sources: what goes in, and what the upstream
 * answers, request by request. What comes of it is compared between the sides.
 */

/** Where the sources are, and which of them. */
export const SOURCES = {
  url: 'https://github.com/directus-labs/extensions.git',
  commit: 'd114b70caaa3e83cb3a23290df4e0df4585d924b',
};

/** What a build of them needs: the official SDK, and what their own manifests ask for. */
export const TOOLS = [
  '@directus/extensions-sdk@13.0.3',
  'vue@3.5.13',
  'typescript@5.8.2',
  '@directus/errors@1.0.1',
  'fast-xml-parser@4.4.0',
];

const KEY = { apiKey: 'a-key' };
const OK = (body, status = 200) => ({ answer: { status, body } });
const REFUSED = OK({ status: { description: 'Bad key' }, message: 'Bad key' }, 401);
const BROKEN = OK('not json', 500);
const NOTHING = OK('', 500);

/** One case for each list of answers. */
const cases = (title, options, ...answers) =>
  answers.map((exchanges, i) => ({ title: `${title} ${i + 1}`, options, exchanges }));

const CLARIFAI = (data) => OK({ outputs: [{ data }] });
const IMAGE = { ...KEY, url: 'https://files.test/ü b.png' };
const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>A &amp; B</title>${Array.from({ length: 50 }, (_, i) => `<item id="${i}"><title>No. ${i} ü</title><price>${i / 7}</price></item>`).join('')}</channel></rss>`;

export const BUILT = [
  {
    folder: 'ai-alt-text-writer',
    id: 'directus-labs-ai-alt-text-writer-operation',
    host: 'api.clarifai.com',
    cases: cases('describes', IMAGE, [CLARIFAI({ text: { raw: 'a cat' } })], [CLARIFAI({})], [REFUSED], [BROKEN]),
  },
  {
    folder: 'ai-text-extraction-operation',
    id: 'directus-labs-ai-text-extraction-operation',
    host: 'api.clarifai.com',
    cases: cases(
      'extracts',
      IMAGE,
      [CLARIFAI({ regions: [{ data: { text: { raw: 'one' } } }, { data: { text: { raw: 'two' } } }] })],
      [CLARIFAI(null)],
      [REFUSED],
      [NOTHING],
    ),
  },
  {
    folder: 'ai-image-generation-operation',
    id: 'directus-labs-ai-image-generation',
    host: 'api.openai.com',
    cases: cases(
      'draws',
      { ...KEY, prompt: 'a "cat"', quality: 'hd', size: 'portrait' },
      [OK({ data: [{ url: 'https://images.test/1' }] })],
      [OK({ data: [{ url: 'x' }] }, 202)],
      [REFUSED],
    ),
  },
  {
    folder: 'ai-speech-generation-operation',
    id: 'directus-labs-ai-speech-generation',
    host: 'api.genny.lovo.ai',
    cases: cases(
      'speaks',
      { ...KEY, text: 'Grüße\n', speaker: 'anna', speed: 1.25 },
      [OK({ data: [{ urls: ['https://sounds.test/1'] }] }, 201)],
      [OK({ data: [] })],
      [REFUSED],
    ),
  },
  {
    folder: 'ai-text-intelligence-operation',
    id: 'directus-labs-ai-text-intelligence',
    host: 'api.deepgram.com',
    cases: cases(
      'understands',
      { ...KEY, text: 'a text' },
      [OK({ results: { summary: { text: 's' }, topics: [], deep: [[{ n: 1.5 }]] } })],
      [OK({ results: null })],
      [OK({}, 201)],
      [REFUSED],
    ),
  },
  {
    folder: 'ai-web-scraper-operation',
    id: 'directus-labs-ai-web-scraper',
    host: 'api.firecrawl.dev',
    cases: [
      ...cases('scrapes', { ...KEY, url: 'https://a.test' }, [OK({ data: { markdown: '# A' } })], [OK({}, 204)]),
      ...cases(
        'scrapes with all options',
        {
          ...KEY,
          url: 'https://a.test/?q=ü',
          formats: ['html'],
          includeTags: ['main'],
          excludeTags: ['nav'],
          actions: [{ type: 'wait', options: '{"milliseconds":5}' }, { type: 'screenshot' }],
          extract: [{ property: 'title', type: 'string', required: true }],
          country: 'DE',
          languages: ['de'],
          mobile: true,
        },
        [OK({ data: { html: '<p>', extract: { title: 'A' } } })],
      ),
    ],
  },
  {
    folder: 'github-operation',
    id: 'directus-labs-github-operation',
    host: 'api.github.com',
    cases: [
      ...cases(
        'dispatches',
        {
          owner: 'o',
          repo: 'r',
          accessToken: 't',
          eventType: 'go',
          clientPayload: { ref: 'main', deep: [1, { n: null }] },
        },
        [OK('', 204)],
      ),
      ...cases('says what is missing', { owner: 'o', repo: 'r', accessToken: 't' }, []),
    ],
  },
  {
    folder: 'hubspot-operation',
    id: 'hubspot-operation',
    host: 'api.hubapi.com',
    cases: [
      ...cases(
        'lists',
        { ...KEY, endpoint: 'contacts', action: 'list', limit: 3, l_fields: ['email', 'name'], after: 'a' },
        [OK({ results: [{ id: '1', properties: { email: 'a@b.test' } }] })],
      ),
      ...cases('creates', { ...KEY, endpoint: 'deals', action: 'create', c_properties: { amount: '1.5', name: 'ü' } }, [
        OK({ id: '7' }, 201),
      ]),
      ...cases('asks for what there is not', { ...KEY, endpoint: 'nothing', action: 'list' }, []),
      ...cases('asks to do what it cannot', { ...KEY, endpoint: 'notes', action: 'paint' }, []),
      ...cases('needs a key', { endpoint: 'notes', action: 'list' }, []),
    ],
  },
  {
    folder: 'resend-operation',
    id: 'resend-operation',
    host: 'api.resend.com',
    cases: [
      ...cases(
        'sends',
        {
          ...KEY,
          endpoint: 'emails',
          action: 'send',
          from: 'A <a@b.test>',
          to: ['c@d.test'],
          subject: 'Ü',
          html: '<b>&</b>',
        },
        [OK({ id: '1' })],
      ),
      ...cases('verifies', { ...KEY, endpoint: 'domains', action: 'verify', id: 'd-1' }, [OK({ object: 'domain' })]),
      ...cases('retrieves', { ...KEY, endpoint: 'domains', action: 'retrieve', id: 'd 1' }, [OK({ object: 'domain' })]),
      ...cases(
        'updates',
        { ...KEY, endpoint: 'domains', action: 'update', id: 'd-1', openTracking: true, tls: 'enforced' },
        [OK({ id: 'd-1' })],
      ),
      ...cases('asks for what there is not', { ...KEY, endpoint: 'nothing', action: 'send' }, []),
    ],
  },
  {
    folder: 'rss-to-json-operation',
    id: 'directus-labs-rss-to-json',
    host: 'feeds.test',
    cases: cases(
      'reads',
      { url: 'https://feeds.test/rss?a=1' },
      [OK(FEED)],
      [OK('')],
      [OK('<a><b>1</b></a>', 201)],
      [REFUSED],
    ),
  },
];
