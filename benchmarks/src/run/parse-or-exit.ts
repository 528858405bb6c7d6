import { parseArgs, type ParseArgsConfig } from 'node:util';

type Parsed<Config extends ParseArgsConfig> = ReturnType<typeof parseArgs<Config>>;

/**
 * Parses the arguments of a program; ends it with `usage` for `--help`, and with exit code 2 for
 * arguments that it does not know or cannot read.
 *
 * @param read makes of them what the program wants. It may throw.
 */
export function parseOrExit<const Config extends ParseArgsConfig, Read>(
  usage: string,
  config: Config,
  read: (parsed: Parsed<Config>) => Read,
): Read {
  const { args = process.argv.slice(2) } = config;
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read(parseArgs(config));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}
