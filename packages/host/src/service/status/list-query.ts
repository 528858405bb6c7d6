import { LIST_ORDERS, type ListQuery } from './status-data.js';

const STATES: readonly ListQuery['state'][] = ['any', 'ready', 'failed', 'loading', 'unloading'];
const MAX_SEARCH_LENGTH = 200;
const MAX_PAGE = 1_000_000;

/**
 * Reads which extensions a list is to have. What is missing is everything, what fails first.
 *
 * @throws {TypeError} for a parameter that is unknown or cannot be used.
 */
export function parseListQuery(parameters: URLSearchParams): ListQuery {
  const { search = '', state = 'any', order = 'failing', page = '1', ...rest } = Object.fromEntries(parameters);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new TypeError(`Unknown parameter "${unknown}": there are search, state, order, page`);
  if (search.length > MAX_SEARCH_LENGTH) throw new TypeError(`search has more than ${MAX_SEARCH_LENGTH} characters`);
  if (!/^[1-9]\d*$/.test(page) || Number(page) > MAX_PAGE)
    throw new TypeError(`page is "${page}": it has to be an integer from 1 to ${MAX_PAGE}`);
  return {
    search,
    state: oneOf('state', STATES, state),
    order: oneOf('order', LIST_ORDERS, order),
    page: Number(page),
  };
}

function oneOf<T extends string>(name: string, allowed: readonly T[], given: string): T {
  const found = allowed.find((one) => one === given);
  if (found === undefined) throw new TypeError(`${name} is "${given}": it has to be one of ${allowed.join(', ')}`);
  return found;
}
