/** Colours of a chart. */
export interface Theme {
  name: 'light' | 'dark';
  background: string;
  text: string;
  faint: string;
  grid: string;
  /** Ours. */
  accent: string;
  /** Others. */
  bar: string;
  /**
   * One for each curve, told apart also by the colour-blind (Okabe and Ito's palette, adapted to
   * the background).
   */
  curves: readonly string[];
}

export const THEMES: readonly Theme[] = [
  {
    name: 'light',
    background: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    grid: '#e4e8ec',
    accent: '#d9822b',
    bar: '#9aa7b4',
    curves: ['#d9822b', '#0072b2', '#009e73', '#cc79a7', '#56b4e9', '#8a6d00'],
  },
  {
    name: 'dark',
    background: '#0d1117',
    text: '#e6edf3',
    faint: '#9198a1',
    grid: '#262c36',
    accent: '#f0a54a',
    bar: '#5b6673',
    curves: ['#f0a54a', '#4aa8e0', '#2fc99a', '#e39cc2', '#8fd0f5', '#d9c04a'],
  },
];

/** Whether a subject is of this project: those stand out. */
export function isOurs(name: string): boolean {
  return /^sandglass/i.test(name);
}

type Attributes = Record<string, string | number>;

/** An SVG element as text. Attribute values and text are escaped. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escape(String(typeof value === 'number' ? round(value) : value))}"`,
  );
  return children.length > 0 ? `<${name}${list.join('')}>${children.join('')}</${name}>` : `<${name}${list.join('')}/>`;
}

/** A text element. */
export function label(content: string, attributes: Attributes): string {
  return element('text', attributes, escape(content));
}

/** A whole document with a background and a title that screen readers find. */
export function toDocument(
  title: string,
  theme: Theme,
  size: { width: number; height: number },
  children: string[],
): string {
  const { width, height } = size;
  const font = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': font,
      'font-size': 12,
    },
    element('title', {}, escape(title)),
    element('rect', { width, height, fill: theme.background, rx: 6 }),
    label(title, { x: 16, y: 26, fill: theme.text, 'font-size': 15, 'font-weight': 600 }),
    ...children,
  )}\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
