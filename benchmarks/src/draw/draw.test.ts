import { describe, expect, test } from 'vitest';

import type { SuiteResult } from '../results.js';
import { toBarChart } from './bar-chart.js';
import { formatRatio, formatValue } from './format.js';
import { toLineChart } from './line-chart.js';
import { createLogScale, createPointScale } from './log-scale.js';
import { type Theme, THEMES } from './svg.js';
import { toTable } from './table.js';

const SUITE: SuiteResult = {
  name: 'scale',
  title: 'Cost per extension',
  unit: 'ns',
  axis: 'extensions',
  reference: 'one',
  subjects: [
    { name: 'one', series: 'pristine', x: 1, samples: [[1000, 1000]] },
    { name: 'hundred', series: 'pristine', x: 100, samples: [[100_000, 100_000]] },
    { name: 'broken', series: 'pristine', x: 1000, samples: [], error: 'its process ended' },
  ],
};

describe('drawing the results', () => {
  test.each([
    [0.5, 'ns', '0.5 ns'],
    [1534, 'ns', '1.53 µs'],
    [250_000_000, 'ns', '250 ms'],
    [245_760, 'bytes', '240 KiB'],
    [22_400, 'calls/s', '22.4 k/s'],
    [41_200, 'instructions', '41.2 k'],
    [Number.NaN, 'ns', '–'],
  ] as const)('formatValue(%f, %s) is %s', (value, unit, expected) => {
    expect(formatValue(value, unit)).toBe(expected);
  });

  test('formatRatio keeps three digits', () => {
    expect([formatRatio(0.0123), formatRatio(1), formatRatio(1240)]).toEqual(['0.0123×', '1×', '1,240×']);
  });

  test('a table shows medians, ratios to the reference, reasons and the exponent', () => {
    expect(toTable(SUITE)).toBe(`### Cost per extension

|         | median |     10 % to 90 % | to one |
| ------- | -----: | ---------------: | -----: |
| one     |   1 µs |     1 µs to 1 µs |     1× |
| hundred | 100 µs | 100 µs to 100 µs |   100× |
| broken  |      – |                  |        |

- broken failed: its process ended

- pristine: grows with extensions to the power of 1.00 (r² 1.00)`);
  });

  test.each(THEMES)('a bar chart in $name names every measured subject, best first, and escapes names', (theme) => {
    const suite: SuiteResult = {
      name: 'calls',
      title: 'Empty call',
      unit: 'ns',
      subjects: [
        { name: 'a <b> & "c"', samples: [[2000]] },
        { name: 'sandglass', samples: [[1000]] },
        { name: 'broken', samples: [], error: 'x' },
      ],
    };
    const chart = toBarChart(suite, theme) ?? '';
    expect(chart).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
    expect(chart).toContain(theme.background);
    expect(chart).not.toContain('broken');
    expect(chart.indexOf('sandglass')).toBeLessThan(chart.indexOf('a &lt;b'));
    expect(chart.match(/<rect/g)).toHaveLength(3);
  });

  test('a rate draws the greatest first', () => {
    const subjects = [
      { name: 'few', samples: [[10]] },
      { name: 'many', samples: [[1000]] },
    ];
    const chart = toBarChart({ name: 'rate', title: 'Rate', unit: 'calls/s', subjects }, THEMES[0] as Theme) ?? '';
    expect(chart.indexOf('many')).toBeLessThan(chart.indexOf('few'));
  });

  test('a line chart has a curve and an exponent for each series', () => {
    const chart = toLineChart(SUITE, THEMES[1] as Theme) ?? '';
    expect(chart.match(/<polyline/g)).toHaveLength(1);
    expect(chart.match(/<circle/g)).toHaveLength(2);
    expect(chart).toContain('pristine, exponent 1.00');
  });

  test('nothing measured, nothing drawn', () => {
    const empty = { ...SUITE, subjects: [] };
    expect(toBarChart(empty, THEMES[0] as Theme)).toBeUndefined();
    expect(toLineChart(empty, THEMES[0] as Theme)).toBeUndefined();
  });

  test('a scale of points ends with them, and each is a tick', () => {
    const scale = createPointScale([256, 1, 16, 16], 0, 300);
    expect(scale.ticks).toEqual([1, 16, 256]);
    expect(scale.ticks.map(scale.toPixel)).toEqual([0, 150, 300]);
  });

  test('a curve is compared with the point of the reference that lies at the same x', () => {
    const subjects = [1, 10].flatMap((x) => [
      { name: `bare, ${x}`, series: 'bare', x, samples: [[1000 * x]] },
      { name: `ours, ${x}`, series: 'ours', x, samples: [[2000 * x]] },
    ]);
    const table = toTable({ ...SUITE, reference: 'bare', subjects });
    expect(table).toMatch(/to bare/);
    expect(table).toMatch(/ours, 10 .* 2× \|/);
  });

  test('a logarithmic scale covers whole decades', () => {
    const scale = createLogScale([20, 3000], 0, 300);
    expect(scale.ticks).toEqual([10, 100, 1000, 10_000]);
    expect(scale.toPixel(10)).toBe(0);
    expect(scale.toPixel(100)).toBeCloseTo(100);
    expect(scale.toPixel(10_000)).toBe(300);
  });
});
