/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { expect } from 'vitest';

/** One request that the upstream is to see, and what it answers. */
export interface Exchange {
  method: string;
  /** Origin and path, query included. */
  url: string;
  /** Names in lower case; the upstream may see more. */
  headers: Record<string, string>;
  /** Parsed JSON; absent if there is to be none. */
  body?: unknown;
  answer: { status: number; body: unknown };
}

/** One run of a published operation: what goes in, what the upstream sees, what comes out. */
export interface Case {
  title: string;
  options: object;
  exchanges?: Exchange[];
  result?: unknown;
  /** Message of the Error that the operation ends with. */
  error?: string;
  /** What the operation logs. @default nothing */
  logs?: unknown[];
}

/** A package from npm, its bytes untouched. */
export interface Published {
  package: string;
  id: string;
  cases: readonly Case[];
}

const JSON_TYPE = { 'content-type': 'application/json' };
const NOT_FOUND = { status: 404, body: { error: 'gone' } };
const FAILED = 'Request failed with status code';

/**
 * `JSON.stringify` of the Error of a failed request: neither headers nor body of the answer get
 * into the log.
 */
const NOTHING_OF_THE_ERROR = '{}';

const post = (url: string, authorization: string, body: unknown, answer: Exchange['answer']): Exchange => ({
  method: 'POST',
  url,
  headers: { ...JSON_TYPE, authorization },
  body,
  answer,
});

const FOCAL_URL = 'https://api.openai.com/v1/chat/completions';
const FOCAL_BODY = {
  model: 'gpt-4o',
  max_tokens: 300,
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: expect.stringContaining('focal_point_x') },
        { type: 'image_url', image_url: { url: 'https://x.test/a.jpg' } },
      ],
    },
  ],
};
const chat = (content: unknown): Exchange['answer'] => ({ status: 200, body: { choices: [{ message: { content } }] } });

const MODERATION_URL = 'https://api.clarifai.com/v2/users/clarifai/apps/main/models/moderation-recognition/outputs';
const MODERATION_BODY = { inputs: [{ data: { image: { url: 'https://x.test/a.jpg' } } }] };

const LISTEN = 'https://api.deepgram.com/v1/listen?model=nova-2&smart_format=true';
const TRANSCRIPT = { transcript: 'Hello there', confidence: 0.99, words: [{ word: 'hello' }] };

const MISTRAL_URL = 'https://api.mistral.ai/v1/chat/completions';

const WRITER = { aiProvider: 'OpenAI', apiKeyOpenAi: 'sk', model: 'gpt-4o', text: 'a text', maxToken: 50 };
const REPLICATE = {
  aiProvider: 'replicate',
  apiKeyReplicate: 'r8',
  model: 'llama-3-8b-instruct',
  text: 'a text',
  system: 'be brief',
};
const PREDICTION = 'https://api.replicate.com/v1/predictions/p1';
const polled = (body: unknown): Exchange => ({
  method: 'GET',
  url: PREDICTION,
  headers: { authorization: 'Bearer r8' },
  answer: { status: 200, body },
});

const PHONE = {
  success: true,
  fullNumber: '+5531988884444',
  type: 'MOBILE',
  country: 'BR',
  countryCode: '55',
  rawNumber: '31988884444',
  formattedNumber: '(31) 98888-4444',
  internationalNumber: '+55 31 98888 4444',
  valid: true,
};

const LIQUID = { mode: 'custom', operationMode: 'single', publicUrl: 'https://cms.test/', data: {} };
const liquid = (template: string, data: object, rendered: string): Case => ({
  title: template,
  options: { ...LIQUID, template, data },
  result: { template: rendered },
});
const saved = (answer: Exchange['answer'], accessToken?: string): Exchange => ({
  method: 'GET',
  url: 'https://cms.test/items/templates/7',
  headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` },
  answer,
});

export const PUBLISHED: readonly Published[] = [
  {
    package: '@directus-labs/ai-focal-point-detection-operation',
    id: 'directus-labs-focal-point-detection-operation',
    cases: [
      {
        title: 'answers with the point that the model found',
        options: { apiKey: 'sk', url: 'https://x.test/a.jpg' },
        exchanges: [
          post(FOCAL_URL, 'Bearer sk', FOCAL_BODY, chat('{"focal_point_x":10,"focal_point_y":20,"reason":"face"}')),
        ],
        result: { focal_point_x: 10, focal_point_y: 20, reason: 'face' },
      },
      {
        title: 'an upstream error',
        options: { apiKey: 'sk', url: 'https://x.test/a.jpg' },
        exchanges: [post(FOCAL_URL, 'Bearer sk', FOCAL_BODY, { status: 401, body: { error: { message: 'bad key' } } })],
        error: `${FAILED} 401`,
        logs: [NOTHING_OF_THE_ERROR],
      },
      {
        title: 'another success than 200',
        options: { apiKey: 'sk', url: 'https://x.test/a.jpg' },
        exchanges: [post(FOCAL_URL, 'Bearer sk', FOCAL_BODY, { status: 202, body: {} })],
        error: 'An error occurred when accessing OpenAI',
        logs: ['{}'],
      },
    ],
  },
  {
    package: '@directus-labs/ai-image-moderation-operation',
    id: 'directus-labs-image-moderation-operation',
    cases: [
      {
        title: 'answers with concepts and flags',
        options: { apiKey: 'k', url: 'https://x.test/a.jpg' },
        exchanges: [
          post(MODERATION_URL, 'Key k', MODERATION_BODY, {
            status: 200,
            body: {
              outputs: [
                {
                  data: {
                    concepts: [
                      { name: 'safe', value: 0.1 },
                      { name: 'gore', value: 0.85 },
                      { name: 'drug', value: 0.001 },
                    ],
                  },
                },
              ],
            },
          }),
        ],
        result: {
          concepts: [
            { name: 'gore', value: '85.00' },
            { name: 'drug', value: '0.10' },
          ],
          flags: ['gore'],
        },
      },
      {
        title: 'an upstream error',
        options: { apiKey: 'k', url: 'https://x.test/a.jpg' },
        exchanges: [post(MODERATION_URL, 'Key k', MODERATION_BODY, NOT_FOUND)],
        error: `${FAILED} 404`,
        logs: [NOTHING_OF_THE_ERROR],
      },
    ],
  },
  {
    package: '@directus-labs/ai-transcription-operation',
    id: 'directus-labs-ai-transcription',
    cases: [
      {
        title: 'answers with the first alternative',
        options: { apiKey: 'k', url: 'https://x.test/a.mp3' },
        exchanges: [
          post(
            LISTEN,
            'Token k',
            { url: 'https://x.test/a.mp3' },
            { status: 200, body: { results: { channels: [{ alternatives: [TRANSCRIPT] }] } } },
          ),
        ],
        result: TRANSCRIPT,
      },
      {
        title: 'a callback, diarisation and keywords go into the query',
        options: {
          apiKey: 'k',
          url: 'https://x.test/a.mp3',
          callback: 'https://cb.test/x',
          diarize: true,
          keywords: ['one', 'zwei'],
        },
        exchanges: [
          post(
            `${LISTEN}&callback=https://cb.test/x&diarize=true&keywords=one&keywords=zwei`,
            'Token k',
            { url: 'https://x.test/a.mp3' },
            { status: 200, body: { request_id: 'r1' } },
          ),
        ],
        result: { request_id: 'r1', message: 'Transcription request submitted for processing.' },
      },
      {
        title: 'an upstream error',
        options: { apiKey: 'k', url: 'https://x.test/a.mp3' },
        exchanges: [post(LISTEN, 'Token k', { url: 'https://x.test/a.mp3' }, { status: 400, body: 'no audio' })],
        error: `${FAILED} 400`,
        logs: [`${FAILED} 400`],
      },
    ],
  },
  {
    package: '@directus-labs/ai-translator-operation',
    id: 'directus-labs-ai-translation',
    cases: [
      ...(['free', 'pro'] as const).map((plan) => ({
        title: `translates with the ${plan} plan`,
        options: { api_key: 'k', api_plan: plan, text: 'Hello', target_lang: 'DE' },
        exchanges: [
          post(
            `https://api${plan === 'free' ? '-free' : ''}.deepl.com/v2/translate`,
            'DeepL-Auth-Key k',
            { text: ['Hello'], target_lang: 'DE' },
            { status: 200, body: { translations: [{ text: 'Grüße 語' }] } },
          ),
        ],
        result: 'Grüße 語',
      })),
      {
        title: 'an upstream error',
        options: { api_key: 'k', api_plan: 'pro', text: 'Hello', target_lang: 'DE' },
        exchanges: [
          post(
            'https://api.deepl.com/v2/translate',
            'DeepL-Auth-Key k',
            { text: ['Hello'], target_lang: 'DE' },
            { status: 456, body: { message: 'Quota exceeded' } },
          ),
        ],
        error: `${FAILED} 456`,
        logs: [`${FAILED} 456`],
      },
    ],
  },
  {
    package: '@directus-labs/ai-writer-operation',
    id: 'directus-labs-ai-writer-operation',
    cases: [
      {
        title: 'asks OpenAI',
        options: { ...WRITER, json_mode: true, system: 'be brief', thread: [{ role: 'user', content: 'before' }] },
        exchanges: [
          post(
            FOCAL_URL,
            'Bearer sk',
            {
              model: 'gpt-4o',
              messages: [
                { role: 'system', content: 'be brief' },
                { role: 'user', content: 'before' },
                { role: 'user', content: 'a text' },
              ],
              max_completion_tokens: 50,
              response_format: { type: 'json_object' },
            },
            chat('written'),
          ),
        ],
        result: 'written',
      },
      {
        title: 'a prompt of its own comes first',
        options: { ...WRITER, promptKey: 'microblog' },
        exchanges: [
          post(
            FOCAL_URL,
            'Bearer sk',
            {
              model: 'gpt-4o',
              messages: [
                { role: 'system', content: expect.stringContaining('280 characters') },
                { role: 'user', content: 'a text' },
              ],
              max_completion_tokens: 50,
            },
            chat('short'),
          ),
        ],
        result: 'short',
      },
      {
        title: 'asks Anthropic',
        options: { aiProvider: 'anthropic', apiKeyAnthropic: 'ak', model: 'claude', text: 'a text' },
        exchanges: [
          {
            method: 'POST',
            url: 'https://api.anthropic.com/v1/messages',
            headers: { ...JSON_TYPE, 'x-api-key': 'ak', 'anthropic-version': '2023-10-01' },
            body: { model: 'claude', messages: [{ role: 'user', content: 'a text' }], max_tokens: 0 },
            answer: { status: 200, body: { content: [{ text: 'written' }] } },
          },
        ],
        result: 'written',
      },
      {
        title: 'asks Replicate until the prediction is complete',
        options: REPLICATE,
        exchanges: [
          post(
            'https://api.replicate.com/v1/models/meta/llama-3-8b-instruct/predictions',
            'Bearer r8',
            { input: { system_prompt: 'be brief', prompt: 'a text', max_tokens: 0 } },
            { status: 201, body: { urls: { get: PREDICTION } } },
          ),
          polled({ completed_at: null }),
          polled({ completed_at: 'now', output: ['writ', 'ten'] }),
        ],
        result: 'written',
      },
      {
        title: 'an upstream error',
        options: WRITER,
        exchanges: [post(FOCAL_URL, 'Bearer sk', expect.anything(), { status: 429, body: { error: 'slow down' } })],
        error: `${FAILED} 429`,
        logs: ['AI Writer failed', NOTHING_OF_THE_ERROR],
      },
      {
        title: 'another success than 200',
        options: WRITER,
        exchanges: [post(FOCAL_URL, 'Bearer sk', expect.anything(), { status: 204, body: '' })],
        error: 'Received an unexpected response.',
        logs: ['AI Writer failed', expect.stringContaining('UNEXPECTED_RESPONSE')],
      },
      {
        title: 'an option that is missing',
        options: { aiProvider: 'openai', model: 'gpt-4o', text: 'a text' },
        error: 'Invalid payload. OpenAI API Key is missing.',
        logs: ['AI Writer failed', expect.stringContaining('INVALID_PAYLOAD')],
      },
    ],
  },
  {
    package: '@directus-labs/liquidjs-operation',
    id: 'liquidjs-operation',
    cases: [
      liquid('Hi {# user.name | upcase #}', { user: { name: 'Ann' } }, 'Hi ANN'),
      liquid(
        '{% for i in list reversed %}{# forloop.index #}:{# i #};{% else %}none{% endfor %}',
        { list: ['a', 'b'] },
        '1:b;2:a;',
      ),
      liquid('{% for i in (1..3) %}{# i #}{% endfor %}', {}, '123'),
      liquid('{% if a and b == 2 %}yes{% elsif a %}half{% else %}no{% endif %}', { a: true, b: 3 }, 'half'),
      liquid('{% assign x = list | map: "n" | sort | join: "-" %}{# x #}', { list: [{ n: 3 }, { n: 1 }] }, '1-3'),
      liquid('{% case a %}{% when 1, 2 %}low{% else %}high{% endcase %}', { a: 2 }, 'low'),
      liquid(
        '{% tablerow i in list cols:2 %}{# i #}{% endtablerow %}',
        { list: [1, 2] },
        '<tr class="row1"><td class="col1">1</td><td class="col2">2</td></tr>',
      ),
      liquid('{# "2024-02-03T04:05:06Z" | date: "%Y-%m-%d %H:%M", "UTC" #}', {}, '2024-02-03 04:05'),
      liquid(
        '{# "<b>" | escape #} {# "a b" | url_encode #} {# 7 | divided_by: 2.0 #} {# missing | default: "?" #}',
        {},
        '&lt;b&gt; a+b 3.5 ?',
      ),
      {
        title: 'a batch, with fields of the data',
        options: {
          ...LIQUID,
          operationMode: 'batch',
          template: 'Hi {# name #}',
          data: [
            { id: 1, name: 'a' },
            { id: 2, name: 'b' },
          ],
          dataReturnFields: ['id'],
        },
        result: [
          { id: 1, template: 'Hi a' },
          { id: 2, template: 'Hi b' },
        ],
      },
      {
        title: 'a saved template',
        options: {
          ...LIQUID,
          mode: 'saved',
          collection: 'templates',
          item: { key: 7 },
          fields: ['subject', 'text'],
          accessToken: 't',
          data: { name: 'you' },
        },
        exchanges: [saved({ status: 200, body: { data: { subject: 'For {# name #}', text: 'Hi {# name #}' } } }, 't')],
        result: { subject: 'For you', text: 'Hi you' },
      },
      {
        title: 'an upstream error',
        options: { ...LIQUID, mode: 'saved', collection: 'templates', item: { key: 7 }, fields: ['text'] },
        exchanges: [saved({ status: 403, body: { errors: [] } })],
        error: `${FAILED} 403`,
      },
      {
        title: 'a template that does not parse',
        options: { ...LIQUID, template: '{% if %}' },
        error: expect.stringContaining('line:1') as unknown as string,
      },
      {
        title: 'data of the wrong kind',
        options: { ...LIQUID, template: 'x', data: [] },
        error: 'Single operation mode expects a single data object, not an array',
      },
    ],
  },
  {
    package: 'directus-extension-mistral-ai',
    id: 'ptkio-mistral-ai',
    cases: [
      {
        title: 'asks the model, messages as JSON',
        options: {
          apiKey: 'k',
          messages: '[{"role":"system","content":"hi"},{"role":"assistant","content":"ho"},{"role":"user"}]',
        },
        exchanges: [
          post(
            MISTRAL_URL,
            'Bearer k',
            {
              model: 'open-mistral-7b',
              max_tokens: 4096,
              messages: [
                { role: 'user', content: 'hi' },
                { role: 'assistant', content: 'ho' },
              ],
            },
            chat('bonjour'),
          ),
        ],
        result: 'bonjour',
      },
      {
        title: 'asks the model, messages as a list',
        options: {
          apiKey: 'k',
          model: 'mistral-large-latest',
          maxTokens: 5,
          messages: [{ role: 'user', content: 'é' }],
        },
        exchanges: [
          post(
            MISTRAL_URL,
            'Bearer k',
            { model: 'mistral-large-latest', max_tokens: 5, messages: [{ role: 'user', content: 'é' }] },
            chat('oui'),
          ),
        ],
        result: 'oui',
      },
      {
        title: 'an upstream error',
        options: { apiKey: 'k', messages: [] },
        exchanges: [
          post(MISTRAL_URL, 'Bearer k', expect.anything(), { status: 401, body: { message: 'Unauthorized' } }),
        ],
        error: `${FAILED} 401`,
        logs: [`${FAILED} 401`],
      },
      {
        title: 'messages that are no JSON',
        options: { apiKey: 'k', messages: '{' },
        error: 'Invalid messages. JSON.parse Error.',
      },
    ],
  },
  {
    package: '@ribertec/directus-extension-phone-parser',
    id: 'phone-parser',
    cases: [
      { title: 'an international number', options: { phone: '+5531988884444' }, result: PHONE },
      { title: 'a national number', options: { phone: '(31) 98888-4444', defaultCountry: 'BR' }, result: PHONE },
      { title: 'nothing', options: {}, result: { success: false, error: 'No phone number provided' } },
      {
        title: 'no number',
        options: { phone: 'abc' },
        result: { success: false, error: 'NOT_A_NUMBER' },
        logs: ['phone-parser: failed to parse "abc" — NOT_A_NUMBER'],
      },
    ],
  },
];
