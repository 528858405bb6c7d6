/** Answers bare requests for `lanes.mjs`: `node echo.mjs <url>`. */
import { connect } from '@nats-io/transport-node';

const connection = await connect({ servers: process.argv[2] });
connection.subscribe('echo', { callback: (_, message) => message.respond(message.data) });
await connection.flush();
console.log('ready');
