export { connectFleet, type Fleet } from './connect-fleet.js';
export type { FleetCredentials, FleetOptions, FleetTls } from '@sandglass/host/fleet';
