/**
 * The part of whatwg-url that the fuzz test uses: a second, independent implementation of the URL
 * standard.
 */
declare module 'whatwg-url' {
  export class URL {
    constructor(url: string);
    readonly href: string;
    readonly hostname: string;
    readonly port: string;
    hash: string;
  }
}
