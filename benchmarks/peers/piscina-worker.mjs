import { runInThisContext } from 'node:vm';
import { workerData } from 'node:worker_threads';

import { request } from 'undici'; // as every peer's host does

globalThis.log = () => undefined;
globalThis.sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
globalThis.request = async (url) => {
  const { statusCode, body } = await request(url);
  return { status: statusCode, data: await body.json() };
};

export default runInThisContext(`${workerData.script}; handler;`);
