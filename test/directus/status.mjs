/** The status page in a Directus: for its administrators, and for nobody else. */

import { ADMIN } from './directus.mjs';

export const STATUS_ENV = { SANDGLASS_STATUS: 'true' };

const PATH = '_sandglass/status';

/** @returns a line for each thing that is not as it has to be */
export async function checkStatus(side) {
  const wrong = [];
  const expect = (title, seen, expected) => {
    if (seen !== expected) wrong.push(`${title}: ${seen}`);
  };
  const get = (path, token) =>
    side.endpoint(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  for (const path of [PATH, `${PATH}/data`, `${PATH}/extensions`]) {
    const refused = await get(path);
    expect(
      `${path} for the public`,
      `${refused.status} ${(await refused.json()).errors[0].extensions.code}`,
      '403 FORBIDDEN',
    );
  }
  const page = await get(PATH, side.token);
  expect('the page', `${page.status} ${page.headers.get('content-type')}`, '200 text/html; charset=utf-8');
  expect('its script alone runs', /script-src 'sha256-/.test(page.headers.get('content-security-policy')), true);
  const { totals, canReload } = await (await get(`${PATH}/data`, side.token)).json();
  expect('calls are counted', totals.settled.ok > 0, true);
  expect('reload is Directus’ own', canReload, false);
  const { rows } = await (await get(`${PATH}/extensions?search=switched`, side.token)).json();
  expect('an extension is found', rows.map(({ name }) => name).join(), 'switched');
  const login = await side.endpoint('auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ADMIN, mode: 'session' }),
  });
  const [cookie] = login.headers.getSetCookie().map((one) => one.split(';', 1)[0]);
  expect('a session of the Data Studio', (await side.endpoint(`${PATH}/data`, { headers: { cookie } })).status, 200);
  expect('what is not there', (await get(`${PATH}/nothing`, side.token)).status, 404);
  return wrong;
}
