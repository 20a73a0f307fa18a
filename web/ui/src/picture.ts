// Small pictures that stand beside a sentence: drawn in SVG, each with its own words.

import { h, svg } from './dom.ts';
import { bounds, type Level } from './model.ts';
import { number, short } from './text.ts';

export function levelOf(score: number): Level {
    return score >= bounds.CRITICAL ? 'CRITICAL'
        : score >= bounds.HIGH ? 'HIGH'
            : score >= bounds.MEDIUM ? 'MEDIUM' : 'LOW';
}

/** A score as a bar of 100 points. */
export function scoreBar(score: number, level: Level): HTMLElement {
    const fill = h('span.fill', { 'data-is': level });
    fill.style.width = `${Math.max(0, Math.min(100, score))}%`;
    return h('span.score-bar', { 'aria-hidden': 'true' }, fill);
}

/** A share of one as a bar. */
export function meter(share: number, label: string): HTMLElement {
    const percent = Math.round(100 * Math.max(0, Math.min(1, share)));
    const fill = h('span.fill');
    fill.style.width = `${percent}%`;
    return h('span.meter', {
        role: 'meter', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100,
        'aria-valuenow': percent,
    }, fill);
}

/** A course of scores, 0–100, over its own time. */
export function spark(samples: { time: number; score: number }[], level: Level): SVGElement {
    const width = 88, height = 22;
    const picture = svg('svg', {
        class: 'spark', viewBox: `0 0 ${width} ${height}`, 'data-is': level, role: 'img',
        'aria-label': samples.length
            ? `risk from ${number(samples[0]!.score)} to ${number(samples.at(-1)!.score)}`
            : 'no history yet',
    });
    picture.append(svg('path', { d: `M0 ${height - 1}H${width}`, class: 'axis' }));
    if (samples.length === 0) return picture;
    const first = samples[0]!.time;
    const span = Math.max(1, samples.at(-1)!.time - first);
    const x = (time: number) => ((time - first) / span) * (width - 3);
    const y = (score: number) => height - 2 - (Math.min(100, score) / 100) * (height - 4);
    // Steps: a score holds until the next one.
    let path = samples.length === 1
        ? `M0 ${y(samples[0]!.score).toFixed(1)}H${width - 3}`
        : `M0 ${y(samples[0]!.score).toFixed(1)}`;
    for (const sample of samples.slice(1))
        path += `H${x(sample.time).toFixed(1)}V${y(sample.score).toFixed(1)}`;
    picture.append(svg('path', { d: path, class: 'line' }),
        svg('circle', { cx: width - 3, cy: y(samples.at(-1)!.score), r: 2, class: 'dot' }));
    return picture;
}

/** Observed against what is usual, or what would be many, on a scale that shows a tenfold as
    well as a thousandfold. */
export function against(
    observed: number, expected: number, unit: string, what: 'usual' | 'many'
): HTMLElement {
    const top = Math.log1p(Math.max(observed, expected, 1) * 1.15);
    const at = (value: number) => (Math.log1p(Math.max(0, value)) / top) * 200;
    const picture = svg('svg', { class: 'against', viewBox: '0 0 200 16', 'aria-hidden': 'true' },
        svg('rect', { x: 0, y: 5, width: 200, height: 6, rx: 3, class: 'track' }),
        svg('rect', { x: 0, y: 5, width: at(observed), height: 6, rx: 3, class: 'seen' }),
        svg('rect', { x: Math.max(0, at(expected) - 1.5), y: 1, width: 3, height: 14, rx: 1, class: 'usual' }));
    return h('span.picture', {},
        picture,
        h('span.caption', {},
            h('span', {}, h('i.key.seen'), 'observed ', h('b', {}, short(observed))),
            h('span', {}, h('i.key.usual'), `${what} `, h('b', {}, short(expected))),
            unit && h('span.quiet', {}, unit)));
}

/** What is usual as a band about its mean. */
export function band(mean: number, low: number, high: number): SVGElement {
    const top = Math.log1p(Math.max(high, 1) * 1.1);
    const at = (value: number) => (Math.log1p(Math.max(0, value)) / top) * 160;
    return svg('svg', {
        class: 'band', viewBox: '0 0 160 14', role: 'img',
        'aria-label': `usually ${number(mean)}, mostly ${number(low)} to ${number(high)}`,
    },
        svg('title', {}, `mostly ${number(low)} to ${number(high)}`),
        svg('rect', { x: 0, y: 6, width: 160, height: 2, class: 'track' }),
        svg('rect', { x: at(low), y: 3, width: Math.max(2, at(high) - at(low)), height: 8, rx: 2, class: 'range' }),
        svg('rect', { x: Math.max(0, at(mean) - 1), y: 2, width: 2, height: 10, class: 'mean' }));
}

/** Shares of a whole, one bar each. */
export function histogram(bins: { label: string; share: number }[], words: string): SVGElement {
    const width = 12, gap = 3, height = 48;
    const top = Math.max(...bins.map((bin) => bin.share), 1e-9);
    return svg('svg', {
        class: 'histogram', role: 'img', 'aria-label': words,
        viewBox: `0 0 ${bins.length * (width + gap)} ${height}`,
    }, ...bins.map((bin, i) => {
        const tall = Math.max(bin.share > 0 ? 1.5 : 0, (bin.share / top) * (height - 2));
        return svg('rect', {
            x: i * (width + gap), y: height - tall, width, height: tall, rx: 1.5,
        }, svg('title', {}, `${bin.label}: ${Math.round(100 * bin.share)} %`));
    }));
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** How much it usually does at each hour of the week. */
export function heat(rows: number[][], now: { row: number; hour: number }): SVGElement {
    const cell = 14, left = 28;
    const top = Math.max(...rows.flat(), 1e-9);
    const picture = svg('svg', {
        class: 'heat', role: 'img', viewBox: `0 0 ${left + 24 * cell} ${rows.length * cell + 14}`,
        'aria-label': 'busiest hours: ' + rows.map((row, day) =>
            `${days[day]} ${row.indexOf(Math.max(...row))}:00`).join(', '),
    });
    rows.forEach((row, day) => {
        picture.append(svg('text', { x: 0, y: day * cell + 11 }, days[day] ?? ''));
        row.forEach((value, hour) => picture.append(svg('rect', {
            x: left + hour * cell, y: day * cell, width: cell - 2, height: cell - 2, rx: 2,
            'fill-opacity': value > 0 ? 0.12 + 0.88 * Math.sqrt(value / top) : 0.06,
            class: now.row === day && now.hour === hour ? 'current' : '',
        }, svg('title', {}, `${days[day]} ${hour}:00: ${value > 0 ? `${number(value)} packets in ten seconds` : 'never heard'}`))));
    });
    for (const hour of [0, 6, 12, 18])
        picture.append(svg('text', { x: left + hour * cell, y: rows.length * cell + 10 }, `${hour}h`));
    return picture;
}
