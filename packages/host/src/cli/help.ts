import type { ArgDefinition, ArgsDefinition } from './arg-definition.js';
import type { Command } from './command.js';
import type { Style } from './output/style.js';

/** Longest line. */
const WIDTH = 100;
/** Column at which descriptions begin. A longer flag has a line of its own. */
const COLUMN = 34;

const GENERAL: ArgsDefinition = {
  help: { type: 'boolean', short: 'h', description: 'Show this help' },
};

/**
 * The help of a command: its arguments, and its flags by group with their defaults and variables.
 */
export function renderHelp({ name, description, args, examples = [] }: Command, style: Style): string {
  const entries = Object.entries(args);
  const positionals = entries.filter(([, { type }]) => type === 'positional');
  const words = positionals.map(([word, { required }]) => (required ? `<${word}>` : `[${word}]`));
  const flags = entries.filter(([, { type }]) => type !== 'positional').concat(Object.entries(GENERAL));
  return [
    style('bold', ['sandglass', name, ...words, '[options]'].join(' ')),
    ...wrap(description, 0),
    ...section(
      'Arguments',
      positionals.map(([word, { description: text }]) => entry(word, text)),
      style,
    ),
    ...[...groupFlags(flags)].flatMap(([group, members]) => section(group, members.map(describeFlag), style)),
    ...(entries.some(([, { hint }]) => hint === 'size' || hint === 'time')
      ? [
          '',
          ...wrap(
            'A size is a number of bytes, or one with KB, MB or GB; a time one of milliseconds, or one with ms, s, min or h.',
            0,
          ),
        ]
      : []),
    ...section(
      'Examples',
      examples.map((line) => [`  ${line}`]),
      style,
    ),
  ].join('\n');
}

/** The help of the command line: its commands. */
export function renderCommands(commands: readonly Command[], version: string, style: Style): string {
  return [
    style('bold', `sandglass ${version}: runs untrusted Directus extensions in pristine sandboxes`),
    ...section('Usage', [['  sandglass <command> [options]']], style),
    ...section(
      'Commands',
      commands.map(({ name, description }) => entry(name, description, 18)),
      style,
    ),
    ...section(
      'Options',
      [
        entry('-h, --help', 'Show this help, or that of a command', 18),
        entry('-v, --version', 'Print the version', 18),
      ],
      style,
    ),
  ].join('\n');
}

function groupFlags(flags: readonly [string, ArgDefinition][]): Map<string, [string, ArgDefinition][]> {
  const groups = new Map<string, [string, ArgDefinition][]>([['Options', []]]);
  for (const flag of flags) {
    const { group = 'Options' } = flag[1];
    groups.set(group, [...(groups.get(group) ?? []), flag]);
  }
  return groups;
}

function describeFlag([name, { type, short, hint = 'text', description, byDefault, variables = [] }]: [
  string,
  ArgDefinition,
]): string[] {
  const isOn = type === 'boolean' && byDefault === 'on';
  const word = `${short === undefined ? '    ' : `-${short}, `}--${isOn ? `[no-]${name}` : name}`;
  const facts = [byDefault === undefined ? '' : `default ${byDefault}`, variables.join(' or ')].filter(
    (fact) => fact !== '',
  );
  const text = facts.length === 0 ? description : `${description} [${facts.join('; ')}]`;
  return entry(type === 'boolean' ? word : `${word} <${hint}>`, text);
}

function section(heading: string, entries: readonly string[][], style: Style): string[] {
  return entries.length === 0 ? [] : ['', style('bold', heading), ...entries.flat()];
}

function entry(word: string, text: string, column: number = COLUMN): string[] {
  const [first = '', ...rest] = wrap(text, column);
  const begin = `  ${word}`;
  if (begin.length + 2 > column) return [begin, first, ...rest];
  return [begin.padEnd(column) + first.trimStart(), ...rest];
}

/** Breaks a text into lines, each indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(' '.repeat(indent) + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, ' '.repeat(indent) + line];
}
