import { spawnSync } from 'node:child_process';

/** Debian puts servers where only root looks. */
export const PATH: string = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

/**
 * Whether this machine has a program that tests start. Without it they are skipped, and say so.
 *
 * @param program with an option `--version`; its package has its name.
 * @throws {Error} under CI: there nothing is skipped.
 */
export function isInstalled(program: string): boolean {
  if (spawnSync(program, ['--version'], { env: { PATH } }).status === 0) return true;
  if (process.env['CI']) throw new Error(`${program} is not installed, and CI skips no test`);
  console.warn(`Skipped: ${program} is not installed (apt install ${program})`);
  return false;
}
