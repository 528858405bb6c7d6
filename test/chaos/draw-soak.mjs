const WIDTH = 720;
const HEIGHT = 160;
const MARGIN = { left: 60, right: 16, top: 28, bottom: 24 };

/** The lines of a soak run: one small chart for each quantity that has to stay flat. */
const CHARTS = ['rss MiB', 'heap MiB', 'handles', 'timers'];

/** Draws the samples of a soak run, all scales from zero: what is flat looks flat. */
export function drawSoak(samples) {
  const charts = CHARTS.map((name, index) => drawChart(name, samples, index * HEIGHT));
  const height = CHARTS.length * HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="white"/>
${charts.join('\n')}
</svg>
`;
}

function drawChart(name, samples, top) {
  const lastCalls = Math.max(...samples.map(({ calls }) => calls), 1);
  const most = Math.max(...samples.map((sample) => sample[name]), 1);
  const x = (calls) => MARGIN.left + (calls / lastCalls) * (WIDTH - MARGIN.left - MARGIN.right);
  const bottom = top + HEIGHT - MARGIN.bottom;
  const y = (value) => bottom - (value / most) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const points = samples.map((sample) => `${x(sample.calls).toFixed(1)},${y(sample[name]).toFixed(1)}`).join(' ');
  return `<text x="${MARGIN.left}" y="${top + 16}" font-weight="bold">${name}</text>
<text x="${MARGIN.left - 6}" y="${y(most) + 4}" text-anchor="end">${most}</text>
<text x="${MARGIN.left - 6}" y="${bottom + 4}" text-anchor="end">0</text>
<text x="${WIDTH - MARGIN.right}" y="${bottom + 16}" text-anchor="end">${lastCalls.toLocaleString('en')} calls</text>
<path d="M${MARGIN.left} ${bottom}H${WIDTH - MARGIN.right}" stroke="#999"/>
<polyline points="${points}" fill="none" stroke="#1f6feb" stroke-width="2"/>`;
}
