export interface CallOptions {
  /** Ends the call with `E_ABORTED`. */
  signal?: AbortSignal | undefined;
  /**
   * Lowers `wallTimeMs` for this call. 1 to 900_000; above the extension's own it changes nothing.
   */
  wallTimeMs?: number | undefined;
  /**
   * Takes a promise of the end of what the call has started and nobody awaits, before the call
   * settles, if there is any. For platforms that freeze a function once it has answered. The
   * promise never rejects.
   */
  waitUntil?: ((end: Promise<void>) => void) | undefined;
  /**
   * On whose behalf the call runs, or whatever else the host's own capabilities have to know of it:
   * their handlers find it as `call.context`. No guest sees it.
   */
  context?: object | undefined;
  /**
   * Id of the request that the call is for, of 1 to 128 characters: it stands in the audit entries
   * of its capability calls, and in what the call hook is told. @default what a service has given
   * the request of an endpoint
   */
  requestId?: string | undefined;
}

/** What is asked of an endpoint, where another server has read the request. */
export interface ParsedRequest {
  /** @default 'GET' */
  method?: string | undefined;
  /** Path and query, `/<package name>` first. */
  url: string;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** Parsed already. Copied, with the semantics of the structured clone algorithm. */
  body?: unknown;
}

/** What an endpoint answers, as a value. */
export interface EndpointAnswer {
  /** 200 to 599. */
  status: number;
  /** Those that `responseHeaders` lets through. */
  headers: Headers;
  /** In UTF-8. */
  body: Uint8Array<ArrayBuffer> | null;
}
