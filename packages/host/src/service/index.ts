export { createService, SERVICE_PREFIX, type Service, type ServiceOptions } from './service.js';
export { createServerResponse, startServer, type RunningServer, type ServerOptions } from './server.js';
export { createStatus, type Status } from './status/status.js';
export type { StatusPage } from './status/status-page.js';
