// Runs an extension from a snapshot on disk, in a process that never saw its source evaluated.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { decodeValue, encodeValue } from '@sandglass/core';
import { createEngine } from '@sandglass/worker';

const folder = process.argv[2];
const { extension, key } = JSON.parse(await readFile(join(folder, 'extension.json'), 'utf8'));
const file = await readFile(join(folder, 'bytes'));
const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
const engine = await createEngine({ onOutcomes() {}, onCapabilities() {} });
const reply = await engine.load(extension, { key, bytes });
if (!reply.ok) throw new Error(reply.error.message);
const call = { callId: 1, extensionId: extension.id, handler: 0, argument: encodeValue(undefined) };
let outcome = engine.run(call);
while (!outcome) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  outcome = engine.run({ ...call, callId: call.callId + 1 });
}
process.stdout.write(JSON.stringify(decodeValue(outcome.value)));
