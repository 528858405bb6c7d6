#!/usr/bin/env node
import { writeBundle } from './bundle/write-bundle.js';

const USAGE = `directus-extension-sandglass bundle <folder of sandboxed extensions> <folder of the bundle>

Writes an extension for a Directus that cannot be started with the preload: it runs the sandboxed
extensions of the first folder in Sandglass. The second is below Directus' folder of extensions.
`;

const [command, from, to, ...more] = process.argv.slice(2);
if (command === 'bundle' && from !== undefined && to !== undefined && more.length === 0) await bundle(from, to);
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

async function bundle(from: string, to: string): Promise<void> {
  try {
    const { names, skipped } = await writeBundle(from, to);
    for (const { folder, reason } of skipped) process.stdout.write(`left out ${folder}: ${reason}\n`);
    process.stdout.write(`${to} runs ${names.length} extensions: ${names.join(', ')}\n`);
    process.stdout.write(`Install it there: npm install --prefix ${to}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
