import { compareCommand } from './commands/compare.js';

process.exitCode = await compareCommand(process.argv.slice(2));
