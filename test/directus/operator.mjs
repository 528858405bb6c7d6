/** What an operator does in the Data Studio: switches an extension off and on. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const OPERATOR_EXTENSION = {
  name: 'switched',
  type: 'endpoint',
  scopes: { log: {} },
  source: `
    import { log } from 'directus:api';
    export default (router) => {
      router.get('/', () => { log('asked'); return { status: 200, body: 'first' }; });
    };
  `,
};

/** @returns a line for each thing that is not as it has to be */
export async function checkOperator(side, folder) {
  const wrong = [];
  const see = async () => {
    const response = await side.endpoint('switched');
    return response.status === 200 ? response.text() : response.status;
  };
  const expect = async (title, expected) => {
    const seen = await see();
    if (seen !== expected) wrong.push(`${title}: ${seen}`);
  };
  const { id } = (await side.api('GET', '/extensions')).find(({ schema }) => schema?.name === 'switched');
  const reloads = () => side.log().split('Extensions reloaded').length;
  // Directus answers before it has reloaded, and a change meanwhile waits a minute for SQLite
  const switchTo = async (enabled) => {
    const before = reloads();
    await side.api('PATCH', `/extensions/${id}`, { meta: { enabled } });
    while (reloads() === before) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await expect('as it is', 'first');
  await switchTo(false);
  await expect('switched off', 404);
  await switchTo(false); // a reload calls the unregister function of what is gone once more
  const file = join(folder, 'dist/index.js');
  await writeFile(file, (await readFile(file, 'utf8')).replace("'first'", "'second'"));
  await switchTo(true);
  await expect('switched on, with new code', 'second');
  if (!/"extension":"switched","callId":\d+,"msg":"asked"/.test(side.log())) wrong.push('no line of the log names it');
  return wrong;
}
