export type { Service, ServiceOptions } from './contract.js';
export type { Peers, ServiceReport } from './report.js';
export { createService, SERVICE_PREFIX } from './service.js';
export type { ServerOptions } from './contract.js';
export { createServerResponse, startServer, type RunningServer } from './server.js';
export { createStatus, type Status } from './status/status.js';
export type { StatusPage } from './status/status-page.js';
