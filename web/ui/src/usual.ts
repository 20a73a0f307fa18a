// What was learnt of a device, readable: bands, histograms, hours, peers, beats.

import { card, empty, h, show } from './dom.ts';
import { band, heat, histogram, meter } from './picture.ts';
import { ago, duration, number, percent, short, title } from './text.ts';

export interface Feature {
    name: string;
    mean: number;
    spread?: number;
    low?: number;
    high?: number;
    now?: number | null;
}
export interface Habit {
    name?: string;
    peer?: string;
    service?: string;
    kind?: string;
    first_seen?: string;
    last_seen?: string;
    probation?: boolean;
    period_s?: number;
    gap_s?: number;
    windows?: number;
}
export interface Baseline {
    windows?: number;
    since?: string;
    features?: Feature[];
    histograms?: { name: string; bins: { label?: string; share: number }[] }[];
    peers?: Habit[];
    services?: Habit[];
    heartbeats?: Habit[];
    hours?: number[] | number[][];
}

const families: Record<string, string> = {
    volume: 'how much it does',
    shape: 'sizes and protocols',
    novelty: 'peers and services it knows',
    rhythm: 'its regular beats',
    lasting: 'slow change',
};

/** How far each baseline has come. */
export function maturityCard(): HTMLElement & { draw(maturity: Record<string, number>): void } {
    const list = h('ul.maturity');
    const note = h('p.quiet');
    const element = card('Maturity', {}, list, note);
    return Object.assign(element, { draw(maturity: Record<string, number>) {
        const learnt = Object.entries(maturity).filter(([family]) => family in families);
        show(list, JSON.stringify(learnt), () => learnt.map(([family, share]) =>
            h('li', {},
                h('span', {}, h('b', {}, title(family)), ' ', h('span.quiet', {}, families[family]!)),
                h('span.share', {}, share >= 1 ? 'learnt' : percent(share)),
                meter(share, `${family} learnt`))));
        const least = Math.min(1, ...learnt.map(([, share]) => share));
        note.textContent = least >= 1 ? 'All of it is learnt, and goes on following slow change.'
            : 'Learning is counted in windows in which the device does something, not in days. '
            + 'Hard evidence counts meanwhile.';
    } });
}

function habits(items: Habit[], now: string, what: string): HTMLElement {
    if (items.length === 0) return h('p.quiet', {}, `No ${what} yet.`);
    return h('ul.habits', {}, ...items.slice(0, 24).map((item) => h('li', {},
        h('bdi', {}, [item.peer ?? item.name, item.service].filter(Boolean).join(' · ') || '–'),
        item.probation && h('span.tag', {}, 'new'),
        item.period_s !== undefined && h('span.quiet', {}, `every ${duration(item.period_s)}`),
        item.last_seen !== undefined && h('span.quiet', {}, ago(item.last_seen, now)))));
}

export function usualCard(): HTMLElement & {
    draw(baseline: Baseline | null, why: string, now: string): void;
} {
    const place = h('div.baseline');
    const element = card('What is usual for it', { class: 'card wide' }, place);
    return Object.assign(element, { draw(baseline: Baseline | null, why: string, now: string) {
        show(place, JSON.stringify([baseline, why]), () => {
            if (!baseline) return [empty('Not shown here', why)];
            const hours = baseline.hours ?? [];
            const rows = (Array.isArray(hours[0]) ? hours : [hours]) as number[][];
            const when = new Date(now);
            const clock = { row: rows.length > 1 ? (when.getUTCDay() + 6) % 7 : 0, hour: when.getUTCHours() };
            const busy = (baseline.features ?? []).filter((feature) =>
                feature.mean > 0.005 || (feature.now ?? 0) > 0);
            return [
                busy.length > 0 && h('div', {},
                    h('h3', {}, 'In ten seconds'),
                    h('table.bands', {},
                        h('thead.hidden', {}, h('tr', {}, h('th', {}, 'feature'), h('th', {}, 'usual'), h('th', {}, 'picture'))),
                        h('tbody', {}, ...busy.map((feature) => {
                            const low = feature.low ?? Math.max(0, feature.mean - 2 * (feature.spread ?? 0));
                            const high = feature.high ?? feature.mean + 2 * (feature.spread ?? 0);
                            return h('tr', {},
                                h('th', { scope: 'row' }, feature.name),
                                h('td.number', {}, short(feature.mean)),
                                h('td', {}, band(feature.mean, low, high, feature.now ?? null)));
                        })))),
                (baseline.histograms ?? []).length > 0 && h('div', {},
                    h('h3', {}, 'Shapes'),
                    h('div.histograms', {}, ...baseline.histograms!.map((one) => h('figure', {},
                        histogram(one.bins.map((bin, i) => ({ label: bin.label ?? String(i), share: bin.share })),
                            `${one.name}: ${one.bins.filter((bin) => bin.share > .05).map((bin) => `${bin.label ?? ''} ${percent(bin.share)}`).join(', ')}`),
                        h('figcaption', {}, one.name))))),
                rows[0]?.length === 24 && h('div', {},
                    h('h3', {}, rows.length > 1 ? 'Hours and days (UTC)' : 'Hours (UTC)'),
                    heat(rows, clock)),
                h('div', {}, h('h3', {}, 'Known peers'), habits(baseline.peers ?? [], now, 'peer')),
                h('div', {}, h('h3', {}, 'Known services'), habits(baseline.services ?? [], now, 'service')),
                h('div', {}, h('h3', {}, 'Beats'), habits(baseline.heartbeats ?? [], now, 'regular beat')),
                baseline.windows !== undefined && h('p.quiet', {}, `Learnt from ${number(baseline.windows)} windows of ten seconds.`),
            ];
        });
    } });
}
