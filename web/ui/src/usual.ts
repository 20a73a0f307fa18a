// What was learnt of a device, readable: bands, histograms, hours, peers, beats.

import { card, empty, h, show } from './dom.ts';
import { band, heat, histogram, meter } from './picture.ts';
import { ago, duration, number, percent, plural, short, title } from './text.ts';

export interface Feature {
    name: string;
    mean: number;
    low: number;
    high: number;
}
export interface Beat {
    period_s: number;
    variation: number;
    last_seen: string;
}
export interface Baseline {
    windows: number;
    features: Feature[];
    histograms: { name: string; bins: { label: string; share: number }[] }[];
    days: number;
    hours: number[][]; // of each day from Monday on
    known: { name: string; count: number; young: number }[];
    heartbeats: Beat[];
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

function beats(items: Beat[], now: string): HTMLElement {
    if (items.length === 0) return h('p.quiet', {}, 'Nothing it does comes in regular beats.');
    return h('ul.habits', {}, ...items.map((beat) => h('li', {},
        h('span', {}, `every ${duration(beat.period_s)}`),
        h('span.quiet', {}, `± ${percent(beat.variation)}, last ${ago(beat.last_seen, now)}`))));
}

function known(items: Baseline['known']): HTMLElement {
    return h('ul.habits', {}, ...items.filter((item) => item.count > 0).map((item) => h('li', {},
        h('span', {}, h('b', {}, number(item.count)), ` ${item.name}`),
        item.young > 0 && h('span.tag', {}, `${number(item.young)} still on probation`))));
}

export function usualCard(): HTMLElement & {
    draw(baseline: Baseline | null, why: string, now: string): void;
} {
    const place = h('div.baseline');
    const element = card('What is usual for it', { class: 'card wide' }, place);
    return Object.assign(element, { draw(baseline: Baseline | null, why: string, now: string) {
        show(place, JSON.stringify([baseline, why]), () => {
            if (!baseline) return [empty('Not shown here', why)];
            const when = new Date(now);
            const clock = { row: (when.getUTCDay() + 6) % 7, hour: when.getUTCHours() };
            const busy = baseline.features.filter((feature) => feature.high > 0.05);
            if (baseline.windows === 0)
                return [empty('Nothing learnt yet', 'Each window of ten seconds in which it does something teaches a little.')];
            return [
                h('div', {},
                    h('h3', {}, 'In ten seconds'),
                    h('table.bands', {},
                        h('thead.hidden', {}, h('tr', {}, ...['feature', 'usual', 'picture'].map((head) => h('th', { scope: 'col' }, head)))),
                        h('tbody', {}, ...busy.map((feature) => h('tr', {},
                            h('th', { scope: 'row' }, feature.name),
                            h('td.number', {}, short(feature.mean)),
                            h('td', {}, band(feature.mean, feature.low, feature.high))))))),
                h('div', {},
                    h('h3', {}, `Hours and days (UTC), of ${plural(baseline.days, 'day')}`),
                    heat(baseline.hours, clock),
                    h('h3', {}, 'Sizes of packets'),
                    h('div.histograms', {}, ...baseline.histograms.map((one) => h('figure', {},
                        histogram(one.bins, `${one.name}: ${one.bins.filter((bin) => bin.share > .05)
                            .map((bin) => `${bin.label} ${percent(bin.share)}`).join(', ')}`),
                        h('figcaption', {}, one.name)))),
                    h('h3', {}, 'Knows'), known(baseline.known),
                    h('h3', {}, 'Beats'), beats(baseline.heartbeats, now),
                    h('p.quiet', {}, `Learnt from ${number(baseline.windows)} windows of ten seconds.`)),
            ];
        });
    } });
}
