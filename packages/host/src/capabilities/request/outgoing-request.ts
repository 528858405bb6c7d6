import type { RequestBody } from './body.js';
import type { RequestHeaders } from './headers.js';

/** One request on its way. */
export interface OutgoingRequest {
  url: URL;
  method: string;
  headers: RequestHeaders;
  body: RequestBody;
}
