// Draws docs/charts/architecture-{light,dark}.svg: the way of a call through the rooms. `node
// scripts/draw-architecture.mjs`.
import { writeFileSync } from 'node:fs';

const THEMES = {
  light: {
    page: '#ffffff',
    ink: '#1f2328',
    faint: '#59636e',
    panel: '#f6f8fa',
    line: '#d1d9e0',
    box: '#ffffff',
    go: '#0969da',
    back: '#1a7f37',
    ask: '#9a6700',
  },
  dark: {
    page: '#0d1117',
    ink: '#e6edf3',
    faint: '#9198a1',
    panel: '#151b23',
    line: '#3d444d',
    box: '#0d1117',
    go: '#4493f8',
    back: '#3fb950',
    ask: '#d29922',
  },
};

/** `[x, y, width, height, title, what it does]` */
const PANELS = [
  [20, 60, 560, 420, 'Host: the main thread', 'packages/host'],
  [640, 60, 340, 420, 'A worker thread (or inline)', 'packages/worker'],
];
const BOXES = [
  [40, 120, 150, 60, 'routing', 'finds the handler'],
  [220, 120, 150, 60, 'pool/jobs', 'ledger: settles once'],
  [400, 120, 160, 60, 'pool/dispatch', 'fair queue, placement'],
  [400, 220, 160, 60, 'pool/links', 'batches to a lane'],
  [220, 220, 150, 60, 'pool/inbox', 'outcomes, requests'],
  [400, 320, 160, 60, 'pool/watchdog', 'ends what hangs'],
  [40, 320, 150, 60, 'gate', 'checks the grant'],
  [220, 320, 150, 60, 'capabilities', 'log, sleep, request'],
  [40, 400, 330, 60, 'extensions, catalog', 'read, parse, load'],
  [660, 120, 140, 60, 'thread', 'spins, parks, serves'],
  [820, 120, 140, 60, 'calls', 'runs slices, limits'],
  [820, 220, 140, 60, 'sandbox', 'snapshot, restore'],
  [660, 220, 140, 60, 'supply', 'pristine sandboxes'],
  [660, 320, 300, 60, 'quickjs', 'the instance: dirty cards, loop fuel'],
];
/** `[kind, [x, y], …]` */
const ARROWS = [
  ['go', [190, 145], [220, 145]],
  ['go', [370, 145], [400, 145]],
  ['go', [480, 180], [480, 220]],
  ['go', [560, 238], [610, 238], [610, 145], [660, 145]],
  ['go', [800, 145], [820, 145]],
  ['go', [890, 180], [890, 220]],
  ['go', [890, 280], [890, 320]],
  ['back', [660, 165], [590, 165], [590, 262], [560, 262]],
  ['back', [400, 250], [370, 250]],
  ['back', [295, 220], [295, 180]],
  ['ask', [250, 280], [250, 300], [115, 300], [115, 320]],
  ['ask', [190, 350], [220, 350]],
  ['ask', [330, 320], [330, 280]],
];

for (const [name, theme] of Object.entries(THEMES)) {
  writeFileSync(new URL(`../docs/charts/architecture-${name}.svg`, import.meta.url), draw(theme));
}

function draw(c) {
  const text = (x, y, words, { size, fill, weight = 400 }) =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" font-weight="${weight}">${words}</text>`;
  const panels = PANELS.map(
    ([x, y, w, h, title, sub]) =>
      `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="10" fill="${c.panel}" stroke="${c.line}"/>${text(x + 16, y + 28, title, { size: 15, fill: c.ink, weight: 600 })}${text(x + 16, y + 46, sub, { size: 12, fill: c.faint })}`,
  );
  const boxes = BOXES.map(
    ([x, y, w, h, title, sub]) =>
      `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="6" fill="${c.box}" stroke="${c.line}"/>${text(x + 12, y + 26, title, { size: 14, fill: c.ink, weight: 600 })}${text(x + 12, y + 45, sub, { size: 12, fill: c.faint })}`,
  );
  const arrows = ARROWS.map(
    ([kind, ...points]) =>
      `<polyline points="${points.map((p) => p.join()).join(' ')}" fill="none" stroke="${c[kind]}" stroke-width="2" marker-end="url(#${kind})"/>`,
  );
  const heads = ['go', 'back', 'ask'].map(
    (kind) =>
      `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8z" fill="${c[kind]}"/></marker>`,
  );
  const legend = [
    ['go', 20, 'a call on its way in'],
    ['back', 220, 'its outcome on the way back'],
    ['ask', 460, 'a capability call: judged and answered by the host'],
  ].map(
    ([kind, x, words]) =>
      `<rect x="${x}" y="26" width="22" height="4" fill="${c[kind]}"/>${text(x + 32, 33, words, { size: 13, fill: c.ink })}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 500" font-family="system-ui, sans-serif" role="img" aria-label="The way of a call"><rect width="1000" height="500" fill="${c.page}"/><defs>${heads.join('')}</defs>${legend.join('')}${panels.join('')}${boxes.join('')}${arrows.join('')}</svg>\n`;
}
