/*
 * The build makes this file one with piscina, which would else bring an optional native addon to
 * whoever installs the host: see `scripts/build.mjs`.
 */
export { Piscina } from 'piscina';
