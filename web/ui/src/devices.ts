// All devices: found by any identity, filtered, sorted, any number of them.

import { get, devicePath } from './api.ts';
import { glyph, h, show } from './dom.ts';
import { levels, states, type Device, type Level, type State } from './model.ts';
import { scoreBar, spark } from './picture.ts';
import { fromQuery, select, toQuery, type Selection, type SortKey } from './select.ts';
import { state, type Sample } from './state.ts';
import { ago, clean, number, percent, plural } from './text.ts';
import { deviceLink, type View } from './view.ts';
import { VirtualList } from './virtual.ts';

const columns: { key: SortKey | ''; label: string; class: string }[] = [
    { key: 'risk', label: 'Risk', class: 'c-risk' },
    { key: '', label: 'Trend', class: 'c-trend' },
    { key: 'name', label: 'Device', class: 'c-name' },
    { key: '', label: 'Why', class: 'c-why' },
    { key: 'zone', label: 'Zone', class: 'c-zone' },
    { key: 'group', label: 'Group', class: 'c-group' },
    { key: 'state', label: 'State', class: 'c-state' },
    { key: 'confidence', label: 'Confidence', class: 'c-confidence' },
    { key: 'last_seen', label: 'Last seen', class: 'c-seen' },
];

// Courses of scores of rows that were looked at, read when scrolling rests.
class Courses {
    private readonly read = new Map<string, Sample[]>();
    private absent = false;

    of(id: string): Sample[] {
        const here = state.samplesOf(id);
        return [...(this.read.get(id) ?? []).filter(
            (sample) => !here[0] || sample.time < here[0].time), ...here];
    }

    async fetch(ids: string[], done: () => void): Promise<void> {
        const missing = ids.filter((id) => !this.read.has(id));
        if (this.absent || missing.length === 0) return;
        const to = Date.parse(state.now) / 1000;
        for (const id of missing) {
            this.read.set(id, []);
            try {
                const course = await readCourse(id, to - 6 * 3600, to, 300);
                this.read.set(id, course.map(({ time, risk }) => ({ time, score: risk })));
            } catch {
                this.absent = true; // no history here: what was seen since is all there is
                return;
            }
        }
        done();
    }
}

export interface CoursePoint { time: number; risk: number; anomaly: number }

/** Risk and anomaly over time, oldest first; times in seconds. */
export async function readCourse(
    id: string, from: number, to: number, step: number
): Promise<CoursePoint[]> {
    const query = `?from=${Math.floor(from)}&to=${Math.ceil(to)}&step=${step}`;
    const answer = await get<Record<string, unknown>>(devicePath(id, `/history${query}`));
    const points = (answer.points ?? answer.history ?? []) as Record<string, unknown>[];
    return points.map((point) => ({
        time: typeof point.time === 'number' ? point.time : Date.parse(String(point.time)) / 1000,
        risk: Number(point.risk ?? point.score ?? 0),
        anomaly: Number(point.anomaly ?? 0),
    })).filter((point) => Number.isFinite(point.time));
}

const courses = new Courses();

function makeRow(): HTMLElement {
    return h('div.row', { role: 'row' },
        ...columns.map((column) => h(`div.${column.class}`, { role: 'gridcell' })));
}

function fillRow(row: HTMLElement, device: Device, index: number): void {
    const cell = (i: number) => row.children[i] as HTMLElement;
    row.dataset.device = clean(device.id);
    row.dataset.level = device.level;
    row.dataset.state = device.state;
    row.setAttribute('aria-rowindex', String(index + 2));
    row.id = `device-row-${index}`;
    show(cell(0), `${device.score} ${device.level}`, () => [
        h('span.level', { 'data-is': device.level }, glyph(device.level),
            h('b.score', {}, number(device.score)), h('span.word', {}, device.level)),
        scoreBar(device.score, device.level)]);
    const course = courses.of(device.id);
    show(cell(1), `${course.length} ${course.at(-1)?.time} ${device.level}`,
        () => [spark(course, device.level)]);
    show(cell(2), `${device.id} ${device.name} ${device.addresses}`, () => [
        h('a', { href: deviceLink(device.id), tabindex: -1 },
            h('bdi', {}, device.name || device.addresses[0] || device.id)),
        h('span.sub', {}, device.id, device.addresses[0] && device.name
            ? ` · ${device.addresses[0]}` : '')]);
    show(cell(3), device.reason ?? '', () => [device.reason ?? '']);
    show(cell(4), device.zone, () => [device.zone || '–']);
    show(cell(5), `${device.group}|${device.vendor}`,
        () => [device.group || h('span.quiet', {}, device.vendor || '–')]);
    show(cell(6), device.state, () => [device.state]);
    show(cell(7), String(device.confidence), () => [percent(device.confidence)]);
    show(cell(8), ago(device.last_seen, state.now), () => [ago(device.last_seen, state.now)]);
}

export function devicesView(query: string): View {
    const selection: Selection = fromQuery(query);
    let shown: Device[] = [];
    let active = -1; // the row that the keyboard is on

    const tally = h('p.tally', { role: 'status' });
    const search = h('input', {
        type: 'search', id: 'device-filter', value: selection.text, autocomplete: 'off',
        spellcheck: 'false', placeholder: 'Name, address, MAC, vendor, zone …',
    });
    const chips = levels.map((level) => h('button.chip', {
        type: 'button', 'data-is': level, 'aria-pressed': String(selection.levels.has(level)),
        click: () => toggle(level),
    }, glyph(level), level));
    const pick = (id: string, label: string, act: (value: string) => void) => {
        const box = h('select', { id, 'aria-label': label }, h('option', { value: '' }, label));
        box.addEventListener('change', () => { act(box.value); changed(); });
        return box;
    };
    const statePick = pick('filter-state', 'Any state', (value) => {
        selection.state = value as State | '';
    });
    statePick.append(...states.map((name) => h('option', { value: name }, name)));
    statePick.value = selection.state;
    const zonePick = pick('filter-zone', 'Any zone', (value) => { selection.zone = value; });
    const groupPick = pick('filter-group', 'Any group', (value) => { selection.group = value; });

    const heads = columns.map((column) => h(`div.${column.class}`, { role: 'columnheader' },
        column.key
            ? h('button.sort', { type: 'button', click: () => sortBy(column.key as SortKey) },
                column.label)
            : column.label));
    const body = h('div.rows', { role: 'rowgroup' });
    const grid = h('div.grid', {
        role: 'grid', tabindex: 0, 'aria-label': 'Devices', id: 'device-grid',
    },
        h('div.head', { role: 'rowgroup' }, h('div.row', { role: 'row', 'aria-rowindex': 1 }, ...heads)),
        body);
    const nothing = h('div.nothing');
    const element = h('div.view.devices-view', {},
        h('div.toolbar', {},
            h('label.search', { for: 'device-filter' }, h('span.hidden', {}, 'Filter'), search),
            h('div.chips', { role: 'group', 'aria-label': 'Levels' }, ...chips),
            statePick, zonePick, groupPick),
        tally, grid, nothing);

    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const list = new VirtualList(grid, body,
        () => (grid.clientWidth < 40 * rem ? 4.5 : 2.75) * rem,
        {
            make: makeRow,
            fill: (row, index) => {
                const device = shown[index];
                if (!device) return;
                fillRow(row, device, index);
                row.classList.toggle('active', index === active);
                row.setAttribute('aria-selected', String(index === active));
            },
        });

    function toggle(level: Level): void {
        if (!selection.levels.delete(level)) selection.levels.add(level);
        changed();
    }

    function sortBy(key: SortKey): void {
        selection.descending = selection.sort === key
            ? !selection.descending : ['risk', 'confidence', 'last_seen'].includes(key);
        selection.sort = key;
        changed();
    }

    function changed(): void {
        const text = toQuery(selection);
        history.replaceState(null, '', `#/devices${text ? `?${text}` : ''}`);
        grid.scrollTop = 0;
        active = -1;
        draw();
    }

    function offer(box: HTMLSelectElement, names: Set<string>, chosen: string): void {
        names.delete('');
        box.hidden = names.size === 0;
        show(box, [...names].sort().join('\n'), () => [
            box.options[0] ?? h('option', { value: '' }, box.getAttribute('aria-label')!),
            ...[...names].sort().map((name) => h('option', { value: name }, name))]);
        box.value = chosen;
    }

    function draw(): void {
        shown = select(state.devices.values(), selection);
        levels.forEach((level, i) =>
            chips[i]!.setAttribute('aria-pressed', String(selection.levels.has(level))));
        columns.forEach((column, i) => heads[i]!.setAttribute('aria-sort',
            column.key !== selection.sort ? 'none'
                : selection.descending ? 'descending' : 'ascending'));
        const zones = new Set<string>(), groups = new Set<string>();
        for (const device of state.devices.values()) {
            zones.add(device.zone);
            groups.add(device.group);
        }
        offer(zonePick, zones, selection.zone);
        offer(groupPick, groups, selection.group);
        const all = Math.max(state.status?.devices.count ?? 0, state.devices.size);
        tally.textContent = shown.length === state.devices.size
            ? plural(shown.length, 'device')
            : `${number(shown.length)} of ${plural(state.devices.size, 'device')}`;
        if (state.devices.size < all) tally.textContent += `; reading the rest of ${number(all)} …`;
        grid.setAttribute('aria-rowcount', String(shown.length + 1));
        nothing.hidden = shown.length > 0;
        show(nothing, `${all} ${state.status?.ready}`, () => [all === 0
            ? h('div.empty', {},
                h('p.headline', {}, 'No device has been heard yet'),
                h('p', {}, 'A device appears with the first frame it sends. Look at the ',
                    h('a', { href: '#/' }, 'overview'), ' for whether packets arrive.'))
            : h('div.empty', {},
                h('p.headline', {}, 'No device fits'),
                h('p', {}, 'Take away a level, or search for less.'))]);
        list.set(shown.length);
        rest();
    }

    // When nothing moves for a moment, the rows in sight get their course.
    let resting = 0;
    function rest(): void {
        clearTimeout(resting);
        resting = window.setTimeout(() => {
            const [from, to] = list.range;
            void courses.fetch(shown.slice(from, to).map((device) => device.id),
                () => list.set(shown.length));
        }, 250);
    }
    grid.addEventListener('scroll', rest, { passive: true });

    function move(to: number): void {
        const old = active;
        active = Math.max(0, Math.min(shown.length - 1, to));
        list.reveal(active);
        for (const index of [old, active]) {
            const row = list.rowAt(index);
            row?.classList.toggle('active', index === active);
            row?.setAttribute('aria-selected', String(index === active));
        }
        grid.setAttribute('aria-activedescendant', `device-row-${active}`);
    }

    grid.addEventListener('keydown', (event) => {
        const page = Math.max(1, list.range[1] - list.range[0] - 2);
        const steps: Record<string, number> = {
            ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page,
            PageUp: active - page, Home: 0, End: shown.length - 1,
        };
        if (event.target !== grid) return;
        if (event.key in steps && shown.length) {
            event.preventDefault();
            move(steps[event.key]!);
        } else if (event.key === 'Enter' && shown[active]) {
            location.hash = deviceLink(shown[active]!.id);
        }
    });
    body.addEventListener('click', (event) => {
        const target = event.target as HTMLElement;
        const row = target.closest<HTMLElement>('[data-device]');
        if (!row || target.closest('a') || getSelection()?.toString()) return;
        const index = Number(row.id.replace('device-row-', ''));
        if (shown[index]) location.hash = deviceLink(shown[index].id);
    });
    let typing = 0;
    search.addEventListener('input', () => {
        clearTimeout(typing);
        typing = window.setTimeout(() => {
            selection.text = search.value.trim();
            changed();
        }, 120);
    });

    // The order follows the scores, but not under the reader's hand.
    let pending = 0;
    const unwatch = state.watch(['devices', 'status'], () => {
        pending ||= window.setTimeout(() => { pending = 0; draw(); },
            state.devices.size > 5000 ? 1500 : 400);
    });
    requestAnimationFrame(draw);
    if (!state.complete) void state.readDevices(true).catch(() => {});
    return {
        title: 'Devices',
        element,
        end: () => {
            unwatch();
            clearTimeout(pending);
            clearTimeout(resting);
            list.close();
        },
    };
}
