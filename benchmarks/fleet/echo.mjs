/** Answers bare requests for `lanes.mjs`: `node echo.mjs <url>`. */
import { checkFleetOptions } from '../../packages/fleet/dist/connection/options.js';
import { openTransport } from '../../packages/fleet/dist/connection/transport.js';

const { connection } = await openTransport(checkFleetOptions({ servers: process.argv[2], name: 'echo' }));
connection.subscribe('echo', { callback: (_, message) => message.respond(message.data) });
await connection.flush();
console.log('ready');
