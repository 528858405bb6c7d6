/** The part of autocannon that is used; it has no types of its own. */
declare module 'autocannon' {
  export interface Result {
    requests: { total: number };
    /** Seconds. */
    duration: number;
    errors: number;
    timeouts: number;
    non2xx: number;
  }
  export default function autocannon(options: {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
  }): PromiseLike<Result>;
}
