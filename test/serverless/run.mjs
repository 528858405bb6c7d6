/**
 * Runs the examples for serverless platforms under their emulators: `node test/serverless/run.mjs
 * [part of a file's name …]`.
 *
 * The emulators come from npm into a cache the first time. The workspace has to be built.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const folder = import.meta.dirname;
const asked = process.argv.slice(2);
const specs = (await readdir(folder)).filter((name) => name.endsWith('.spec.mjs'));
const files = specs.filter((name) => asked.length === 0 || asked.some((part) => name.includes(part)));
if (files.length === 0) throw new Error(`No test is called ${asked.join(' or ')}`);
const args = ['--test', '--test-concurrency=1', ...files.map((name) => join(folder, name))];
spawn(process.execPath, args, { stdio: 'inherit' }).once('exit', (code) => (process.exitCode = code ?? 1));
