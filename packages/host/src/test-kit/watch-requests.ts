import { DecoratorHandler, type Dispatcher } from 'undici';

/**
 * A dispatcher that tells of each request that undici's mocks have no answer for: the guest only
 * learns that it failed.
 *
 * @param onUnmatched gets method and URL.
 */
export function watchRequests(dispatcher: Dispatcher, onUnmatched: (request: string) => void): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const watch = (error: unknown): void => {
      if ((error as { code?: unknown } | null)?.code === 'UND_MOCK_ERR_MOCK_NOT_MATCHED')
        onUnmatched(`${options.method} ${String(options.origin)}${options.path}`);
    };
    try {
      return dispatch(options, new WatchingHandler(handler, watch));
    } catch (error) {
      watch(error);
      throw error;
    }
  });
}

/** What undici's types leave out of it. */
interface Handler {
  onResponseError(controller: Dispatcher.DispatchController, error: Error): void;
}
const Handler = DecoratorHandler as unknown as new (handler: Dispatcher.DispatchHandler) => Handler;

class WatchingHandler extends Handler {
  readonly #watch: (error: unknown) => void;

  constructor(handler: Dispatcher.DispatchHandler, watch: (error: unknown) => void) {
    super(handler);
    this.#watch = watch;
  }

  override onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#watch(error);
    super.onResponseError(controller, error);
  }
}
