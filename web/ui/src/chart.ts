// Risk and anomaly over time, with the findings on the line.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { h } from './dom.ts';
import { bounds, type Finding } from './model.ts';
import { number } from './text.ts';

export interface Course { times: number[]; risk: (number | null)[]; anomaly: (number | null)[] }

// A canvas knows no variables: what a colour is at the moment is asked of an element.
const probe = h('span.hidden');
function colour(variable: string): string {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `var(--${variable})`;
    return getComputedStyle(probe).color;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' });

/** What stands at the axis: the day where a day begins or steps are that long. */
function hourOrDay(time: number, step: number): string {
    const date = new Date(time * 1000);
    const word = clock.format(date);
    return step >= 86400 || word === '00:00' ? day.format(date) : word;
}

export class CourseChart {
    readonly element = h('div.course', { role: 'img' });
    private plot: uPlot | null = null;
    private course: Course = { times: [], risk: [], anomaly: [] };
    private findings: Finding[] = [];
    private chosen: number | null = null;
    private readonly observer: ResizeObserver;
    private readonly redraw = () => this.build();
    private readonly pick: (finding: Finding) => void;

    constructor(pick: (finding: Finding) => void) {
        this.pick = pick;
        this.observer = new ResizeObserver(() => {
            const { width, height } = this.size();
            if (width > 0 && this.plot?.width !== width) this.plot?.setSize({ width, height });
        });
        this.observer.observe(this.element);
        addEventListener('themechange', this.redraw);
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.redraw);
    }

    close(): void {
        this.observer.disconnect();
        removeEventListener('themechange', this.redraw);
        matchMedia('(prefers-color-scheme: dark)').removeEventListener('change', this.redraw);
        this.plot?.destroy();
    }

    show(course: Course, findings: Finding[], words: string): void {
        this.element.setAttribute('aria-label', words);
        this.course = course;
        this.findings = findings;
        if (this.plot && this.plot.data.length === 3)
            this.plot.setData([course.times, course.risk, course.anomaly]);
        else this.build();
    }

    choose(id: number | null): void {
        this.chosen = id;
        this.plot?.redraw(false);
    }

    private size() {
        const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
        return { width: Math.floor(this.element.clientWidth), height: Math.round(15 * rem) };
    }

    /** Where a finding stands: on the line at its time. */
    private place(plot: uPlot, finding: Finding): [number, number] | null {
        const time = Date.parse(finding.time) / 1000;
        const { min, max } = plot.scales.x!;
        if (min == null || max == null || time < min || time > max) return null;
        const at = this.course.times.findIndex((t) => t >= time);
        const risk = this.course.risk[at] ?? this.course.risk.at(-1) ?? 0;
        const shown = Math.max(risk ?? 0, bounds[finding.level]);
        return [plot.valToPos(time, 'x', true), plot.valToPos(shown, 'y', true)];
    }

    private drawBands(plot: uPlot): void {
        const { ctx, bbox } = plot;
        const bands = [['MEDIUM', 60], ['HIGH', 80], ['CRITICAL', 100]] as const;
        ctx.save();
        for (const [level, top] of bands) {
            const y = plot.valToPos(top, 'y', true);
            const bottom = plot.valToPos(bounds[level], 'y', true);
            ctx.fillStyle = colour(`${level.toLowerCase()}-soft`);
            ctx.globalAlpha = 0.7;
            ctx.fillRect(bbox.left, y, bbox.width, bottom - y);
        }
        ctx.restore();
    }

    private drawFindings(plot: uPlot): void {
        const { ctx } = plot;
        const r = 4.5 * devicePixelRatio;
        ctx.save();
        for (const finding of this.findings) {
            const at = this.place(plot, finding);
            if (!at) continue;
            ctx.beginPath();
            ctx.arc(at[0], at[1], finding.id === this.chosen ? 1.7 * r : r, 0, 7);
            ctx.fillStyle = colour(finding.level.toLowerCase());
            ctx.fill();
            ctx.lineWidth = 1.5 * devicePixelRatio;
            ctx.strokeStyle = colour('surface');
            ctx.stroke();
        }
        ctx.restore();
    }

    private nearest(event: MouseEvent): Finding | null {
        const plot = this.plot;
        if (!plot) return null;
        const box = plot.over.getBoundingClientRect();
        const x = (event.clientX - box.left) * devicePixelRatio + plot.bbox.left;
        const y = (event.clientY - box.top) * devicePixelRatio + plot.bbox.top;
        let best: Finding | null = null, least = (14 * devicePixelRatio) ** 2;
        for (const finding of this.findings) {
            const at = this.place(plot, finding);
            if (!at) continue;
            const far = (at[0] - x) ** 2 + (at[1] - y) ** 2;
            if (far < least) [best, least] = [finding, far];
        }
        return best;
    }

    private build(): void {
        this.plot?.destroy();
        const { width, height } = this.size();
        const quiet = colour('quiet'), line = colour('line'), accent = colour('accent');
        const font = `${Math.round(0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize))}px system-ui, sans-serif`;
        const axis = { stroke: quiet, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
        this.plot = new uPlot({
            width: Math.max(100, width), height,
            padding: [8, 4, 0, 0],
            legend: { live: true },
            cursor: { points: { size: 7 }, y: false },
            scales: { y: { range: [0, 100] }, a: { range: (_plot, _min, max) => [0, Math.max(8, max)] } },
            axes: [
                { ...axis, space: 80, size: 30, values: (_plot, splits, _i, _space, step) => splits.map((time) => hourOrDay(time, step)) },
                { ...axis, size: 38, splits: () => [0, 30, 60, 80, 100] },
                { ...axis, scale: 'a', side: 1, size: 34, grid: { show: false } },
            ],
            series: [
                { label: 'Time', value: (_plot, value) => value ? new Date(value * 1000).toLocaleString('en-GB') : '–' },
                {
                    label: 'Risk', scale: 'y', stroke: accent, width: 2, points: { show: false },
                    paths: uPlot.paths.stepped!({ align: 1 }),
                    value: (_plot, value) => value == null ? '–' : number(value),
                },
                {
                    label: 'Anomaly of the window', scale: 'a', stroke: quiet, width: 1, points: { show: false },
                    value: (_plot, value) => value == null ? '–' : number(value),
                },
            ],
            hooks: {
                drawAxes: [(plot) => this.drawBands(plot)],
                draw: [(plot) => this.drawFindings(plot)],
            },
        }, [this.course.times, this.course.risk, this.course.anomaly], this.element);
        this.plot.over.addEventListener('click', (event) => {
            const finding = this.nearest(event);
            if (finding) this.pick(finding);
        });
    }
}
