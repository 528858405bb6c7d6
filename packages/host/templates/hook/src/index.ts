import { log, type SandboxHook } from 'directus:api';

interface Article {
  title?: string;
}

const hook: SandboxHook = ({ filter, action }) => {
  // Runs before an item is created: what it returns is what will be created, a throw refuses it.
  filter('articles.items.create', (article: Article) => {
    const title = article.title?.trim();
    if (!title) throw new Error('An article needs a title');
    return { ...article, title };
  });

  // Runs after an item was created, in any collection.
  action('*.items.create', ({ event, key }) => {
    log(`${event}: ${String(key)}`);
  });
};

export default hook;
