// The part that Directus shows in its flow editor. It runs in the browser, never in the sandbox.
export default {
  id: 'my-extension',
  name: 'my-extension',
  icon: 'campaign',
  description: 'Says a text several times',
  overview: ({ text }: { text: string }) => [{ label: 'Text', text }],
  options: [
    { field: 'text', name: 'Text', type: 'string', meta: { width: 'full', interface: 'input' } },
    {
      field: 'times',
      name: 'Times',
      type: 'integer',
      meta: { width: 'half', interface: 'input' },
      schema: { default_value: 2 },
    },
  ],
};
