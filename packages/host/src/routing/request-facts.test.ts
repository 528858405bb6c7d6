import { describe, expect, test } from 'vitest';

import { describeRequest, factsOf, requestIdOf } from './request-facts.js';

const request = (headers: Record<string, string>): Request => new Request('http://localhost/', { headers });

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('facts of a request', () => {
  test.each(['a', 'x'.repeat(128), 'Root=1-5759e988-bd862e3fe1be46a994272793', 'a+b/c:d.e_f'])(
    'takes the sound id %s',
    (id) => {
      expect(factsOf(request({ 'x-request-id': id })).id).toBe(id);
    },
  );

  test.each(['', 'x'.repeat(129), 'a b', 'a"b', 'ä', 'a,b', '<b>'])('makes an id in place of %j', (id) => {
    const asked = request({ 'x-request-id': id });
    expect(requestIdOf(asked)).toBeUndefined();
    const { id: made } = factsOf(asked);
    expect(made).toMatch(/^[\da-f-]{36}$/);
    expect(requestIdOf(asked)).toBe(made);
  });

  test.each([
    [`00-${ID}-00f067aa0ba902b7-01`, ID],
    [`cc-${ID}-00f067aa0ba902b7-01-more`, ID],
    [`ff-${ID}-00f067aa0ba902b7-01`, undefined],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
    [`00-${ID}-${'0'.repeat(16)}-01`, undefined],
    [`00-${ID.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
    [ID, undefined],
  ])('reads the trace id of %s', (traceparent, traceId) => {
    expect(describeRequest(request({ traceparent })).traceId).toBe(traceId);
  });
});
