// An operation: a step of a flow. It gets its options, and what it returns has to survive JSON.
import { log } from 'directus:api';

/** @type {import('directus:api').SandboxOperation<{ text: string }>} */
export default {
  id: 'shout',
  handler: ({ text }) => {
    log(`Shouting ${text.length} characters`);
    return { text: `${text.toUpperCase()}!` };
  },
};
