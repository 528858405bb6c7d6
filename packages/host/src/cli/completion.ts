import type { ArgDefinition } from './arg-definition.js';
import type { Command } from './command.js';

/** Shells that scripts are made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * A script that completes commands, flags and the values that a flag has a choice of. The shell
 * quotes words and names of files.
 */
export function renderCompletion(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
    default:
      return shell satisfies never;
  }
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name}) words="${flagsOf(command)
        .map(([name]) => `--${name}`)
        .join(' ')}" ;;`,
  );
  const values = choicesOf(commands).map(
    ([name, words]) => `    --${name}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$cur")); return ;;`,
  );
  return `# sandglass completion bash > /etc/bash_completion.d/sandglass
_sandglass() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}
complete -o filenames -F _sandglass sandglass`;
}

function zsh(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const named = (name: string, text: string): string => quote(`${name.replaceAll(':', '\\:')}:${text}`);
  const cases = commands.map((command) => {
    const flags = flagsOf(command).map(([name, { description }]) => named(`--${name}`, description));
    return `    ${command.name}) flags=(${flags.join(' ')}) ;;`;
  });
  const values = choicesOf(commands).map(([name, words]) => `    --${name}) compadd ${words.join(' ')}; return ;;`);
  return `#compdef sandglass
# sandglass completion zsh > "\${fpath[1]}/_sandglass"
_sandglass() {
  local -a commands flags
  commands=(${commands.map(({ name, description }) => named(name, description)).join(' ')})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[CURRENT-1] in
${values.join('\n')}
  esac
  case $words[2] in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then _describe option flags; else _files; fi
}
compdef _sandglass sandglass`;
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => {
    const seen = `complete -c sandglass -n '__fish_seen_subcommand_from ${command.name}'`;
    const flags = flagsOf(command).map(([name, definition]) => {
      const short = definition.short === undefined ? '' : ` -s ${definition.short}`;
      const words = wordsOf(definition);
      const value = definition.type === 'boolean' ? '' : words ? ` -x -a ${quote(words.join(' '))}` : ' -r';
      return `${seen} -l ${name}${short}${value} -d ${quote(definition.description)}`;
    });
    return [
      `complete -c sandglass -f -n __fish_use_subcommand -a ${command.name} -d ${quote(command.description)}`,
      ...flags,
    ];
  });
  return ['# sandglass completion fish > ~/.config/fish/completions/sandglass.fish', ...lines].join('\n');
}

function flagsOf({ args }: Command): [string, ArgDefinition][] {
  return Object.entries(args).filter(([, { type }]) => type !== 'positional');
}

/** The words that a flag has a choice of; its hint lists them. */
function wordsOf({ hint = '' }: ArgDefinition): string[] | undefined {
  return hint.includes('|') ? hint.split('|') : undefined;
}

function choicesOf(commands: readonly Command[]): [name: string, words: string[]][] {
  const found = new Map<string, string[]>();
  for (const command of commands) {
    for (const [name, definition] of flagsOf(command)) {
      const words = wordsOf(definition);
      if (words) found.set(name, words);
    }
  }
  return [...found];
}
