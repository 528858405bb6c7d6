import { runInThisContext } from 'node:vm';
import { workerData } from 'node:worker_threads';

globalThis.log = () => undefined;
globalThis.sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
globalThis.request = async (url) => {
  const response = await fetch(url);
  return { status: response.status, data: await response.json() };
};

export default runInThisContext(`${workerData.script}; handler;`);
