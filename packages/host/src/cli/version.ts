import { readFileSync } from 'node:fs';

import { packageFile } from '../package-file.js';

/** Version of this package. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
