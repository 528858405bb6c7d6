/** One thing that may stand on a command line. */
export interface ArgDefinition {
  type: 'positional' | 'string' | 'boolean';
  description: string;
  /** Of a positional. @default false */
  required?: boolean;
  /** Heading that the help puts a flag below. @default 'Options' */
  group?: string;
  /** What the help writes in place of a flag's value, for example `port`. @default 'text' */
  hint?: string;
  /** One letter that stands for the flag. */
  short?: string | undefined;
  /** The default, in words. */
  byDefault?: string | undefined;
  /** Environment variables that set the same, the one that wins first. */
  variables?: readonly string[];
}

/** By name; positionals in their order. */
export type ArgsDefinition = Readonly<Record<string, ArgDefinition>>;
