// The first look: who needs attention, what has just happened, and whether wary itself is well.

import { append, badge, card, empty, glyph, h, show, svg } from './dom.ts';
import { levels, nameOf, states, type Device, type Finding, type Level } from './model.ts';
import { levelOf, scoreBar } from './picture.ts';
import { select, everything } from './select.ts';
import { state } from './state.ts';
import { ago, clean, count, moment, number, percent, plural, short, title } from './text.ts';
import { deviceLink, type View } from './view.ts';

const shownRisks = 7, shownFindings = 40, shownTiles = 1000;

// --- who needs attention ---

function riskCard(device: Device): HTMLElement {
    return h('li', {}, h('a.risk-card', {
        href: deviceLink(device.id), 'data-device': device.id, 'data-level': device.level,
        'data-state': device.state,
    },
        h('span.level', { 'data-is': device.level }, glyph(device.level),
            h('b.score', {}, number(device.score)),
            h('span.word', {}, device.level)),
        h('span.who', {},
            h('bdi.name', {}, nameOf(device)),
            h('span.sub', {}, device.name ? device.id : device.vendor)),
        h('span.why', {}, device.reason ?? ''),
        scoreBar(device.score, device.level)));
}

function attention(): HTMLElement {
    const list = h('ol.risk-cards');
    const rest = h('p.more');
    const element = card('Needs attention', { class: 'card attention' }, list, rest);
    return Object.assign(element, { draw() {
        const all = select(state.devices.values(), everything());
        const risky = all.filter((device) => device.score >= 30);
        const some = (risky.length ? risky : all.filter((device) => device.score >= 1))
            .slice(0, shownRisks);
        show(list, JSON.stringify(some), () => some.map(riskCard));
        // Of a large network only the riskiest are at hand here, but all are counted.
        const levels = state.status?.devices.by_level;
        const above = levels && !state.complete
            ? levels.MEDIUM + levels.HIGH + levels.CRITICAL : risky.length;
        show(rest, `${above} ${risky.length} ${all.length} ${state.status?.ready}`, () => {
            if (all.length === 0) return [nothingYet()];
            if (risky.length > shownRisks)
                return [h('a', { href: '#/devices?level=CRITICAL,HIGH,MEDIUM' },
                    `All ${number(above)} above LOW`)];
            if (risky.length === 0)
                return [empty('All is quiet',
                    'No device is above LOW. What happened before is in the findings.')];
            return [];
        });
    } });
}

function nothingYet(): HTMLElement {
    const status = state.status;
    if (!status) return empty('Reading …', 'The first answer is on its way.');
    if (count(status.capture.packets) > 0)
        return empty('Packets arrive, but no device yet',
            'A device is whoever sends: a MAC, or an address of your local networks. If this '
            + 'lasts, the mirror port may carry nothing but broadcasts of the switch.');
    if (status.live)
        return empty('Nothing captured yet',
            'No packet has arrived on ',
            status.capture.interfaces.map((one) => clean(one.name)).join(', ') || 'any interface',
            '. Check that the switch mirrors to this port, that the cable is in, and that the '
            + 'interface is up: ', h('code', {}, 'ip -s link'), ' should count.');
    return empty('Nothing captured yet',
        'The capture has no packets, or the replay is just beginning.');
}

// --- findings, live ---

function findingItem(finding: Finding): HTMLElement {
    const device = state.devices.get(finding.device);
    return h('li', { class: state.fresh.has(finding.id) ? 'fresh' : '' },
        h('a.finding', {
            href: deviceLink(finding.device), 'data-finding': finding.id,
        },
            h('span.level', { 'data-is': finding.level }, glyph(finding.level),
                h('span.hidden', {}, finding.level)),
            h('span.what', {},
                h('b', {}, title(finding.kind)), ' ',
                h('bdi', {}, device ? nameOf(device) : finding.device),
                h('span.text', {}, finding.text)),
            h('time', { datetime: finding.time, title: finding.time },
                moment(finding.time, state.now))));
}

function findings(): HTMLElement {
    const list = h('ol.findings', { 'aria-live': 'polite', 'aria-relevant': 'additions' });
    const none = h('div');
    const box = h('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Findings, newest first' },
        list, none);
    const element = card('Findings', { class: 'card feed' }, box);
    return Object.assign(element, { draw() {
        const some = state.findings.slice(0, shownFindings);
        show(list, some.map((finding) =>
            `${finding.id} ${state.devices.get(finding.device)?.name}`).join(),
        () => some.map(findingItem));
        show(none, String(some.length > 0), () => some.length ? [] : [empty('No findings',
            'A finding is one thing a device did that it should not, or never did before. '
            + 'Invariants (scans, spoofing, floods) are watched from the first packet.')]);
    } });
}

// --- the whole, in numbers ---

function distribution(): HTMLElement {
    const place = h('div');
    const element = card('Risk distribution', { class: 'card distribution' }, place);
    return Object.assign(element, { draw() {
        const bins = state.overview?.distribution ?? ownDistribution();
        show(place, bins.join(), () => [histogramOfRisk(bins)]);
    } });
}

function ownDistribution(): number[] {
    const bins = new Array<number>(20).fill(0);
    for (const device of state.devices.values())
        bins[Math.min(19, Math.floor(device.score / 5))]!++;
    return bins;
}

function histogramOfRisk(bins: number[]): SVGElement {
    const width = 400, height = 110, base = 92;
    const top = Math.log1p(Math.max(...bins, 1));
    const step = width / bins.length;
    const picture = svg('svg', {
        class: 'risk-histogram', viewBox: `0 0 ${width} ${height}`, role: 'img',
        'aria-label': 'Devices by score: ' + bins.map((n, i) => n
            ? `${n} from ${i * 5} to ${i * 5 + 4}` : '').filter(Boolean).join(', '),
    });
    bins.forEach((n, i) => {
        const tall = n ? Math.max(2, (Math.log1p(n) / top) * (base - 16)) : 0;
        picture.append(svg('rect', {
            x: i * step + 1.5, y: base - tall, width: step - 3, height: tall, rx: 2,
            'data-is': levelOf(i * 5),
        }, svg('title', {}, `${i * 5}–${i * 5 + 4} points: ${plural(n, 'device')}`)));
        if (n) picture.append(svg('text', {
            x: i === 0 ? 0 : i * step + step / 2, y: base - tall - 4,
            'text-anchor': i === 0 ? 'start' : 'middle',
        }, short(n)));
    });
    picture.append(svg('path', { d: `M0 ${base + .5}H${width}`, class: 'axis' }));
    for (const [at, word] of [[0, 'LOW'], [30, 'MEDIUM'], [60, 'HIGH'], [80, 'CRITICAL']] as const)
        picture.append(svg('text', { x: (at / 100) * width + 2, y: height - 4 },
            `${at} ${word}`),
        svg('path', { d: `M${(at / 100) * width} ${base}v6`, class: 'axis' }));
    return picture;
}

function matrix(): HTMLElement {
    const table = h('table.matrix');
    const element = card('Levels and states', { class: 'card' }, table);
    return Object.assign(element, { draw() {
        const cells = state.overview?.matrix ?? ownMatrix();
        show(table, JSON.stringify(cells), () => [
            h('thead', {}, h('tr', {}, h('td'),
                ...states.map((name) => h('th', { scope: 'col' }, name)))),
            h('tbody', {}, ...levels.map((level) => h('tr', {},
                h('th', { scope: 'row' }, badge(level)),
                ...states.map((name) => {
                    const n = cells[level]?.[name] ?? 0;
                    return h('td', {}, n
                        ? h('a', { href: `#/devices?level=${level}&state=${name}` }, number(n))
                        : h('span.quiet', {}, '0'));
                }))))]);
    } });
}

function ownMatrix(): Record<Level, Record<string, number>> {
    const cells = Object.fromEntries(levels.map((level) =>
        [level, Object.fromEntries(states.map((name) => [name, 0]))])) as
        Record<Level, Record<string, number>>;
    for (const device of state.devices.values()) cells[device.level][device.state]!++;
    return cells;
}

function lastHour(): HTMLElement {
    const place = h('div');
    const element = card('Changed in the last hour', { class: 'card tall' }, place);
    const words = { level: 'is now', new: 'was heard for the first time', silent: 'fell silent' };
    return Object.assign(element, { draw() {
        const hour = state.overview?.hour;
        if (!hour) {
            show(place, `absent ${state.overviewProblem?.message}`, () => [empty('Not known',
                state.overviewProblem?.message ?? 'The first answer is on its way.')]);
            return;
        }
        show(place, JSON.stringify(hour) + state.now, () => [
            h('p.figures', {}, h('b', {}, number(hour.findings)), hour.findings === 1 ? ' finding, ' : ' findings, ',
                h('b', {}, number(hour.devices_new)), hour.devices_new === 1 ? ' new device' : ' new devices'),
            hour.changes.length === 0
                ? empty('Nothing changed', 'No device entered another level, came or went.')
                : h('ol.changes', {}, ...hour.changes.map((change) => h('li', {},
                    h('a', { href: deviceLink(change.device) },
                        h('bdi', {}, change.name || change.device)),
                    ' ', words[change.what] ?? '', ' ',
                    change.what === 'level' && badge(change.level),
                    h('time', { datetime: change.time }, ago(change.time, state.now)))))]);
    } });
}

// --- how wary is ---

function rates(): { packets: number; bytes: number } | null {
    const last = state.rate.at(-1), first = state.rate.at(-4) ?? state.rate[0];
    if (!last || !first || last.at <= first.at) return null;
    const seconds = (last.at - first.at) / 1000;
    return {
        packets: Math.max(0, last.packets - first.packets) / seconds,
        bytes: Math.max(0, last.bytes - first.bytes) / seconds,
    };
}

function figure(value: string, label: string, attributes: Record<string, string> = {}) {
    return h('div.figure', attributes, h('b', {}, value), h('span', {}, label));
}

function health(): HTMLElement {
    const place = h('div');
    const element = card('Capture', { class: 'card' }, place);
    return Object.assign(element, { draw() {
        const status = state.status;
        if (!status) return;
        const rate = rates();
        const drops = Object.values(status.capture.drops).reduce<number>(
            (sum, n) => sum + count(n), 0);
        const packets = count(status.capture.packets);
        const lost = drops / Math.max(1, drops + packets);
        const full = Object.entries(status.tables).map(([name, table]) =>
            ({ name, share: table.capacity ? table.used / table.capacity : 0, ...table }));
        show(place, JSON.stringify([status.now, packets, rate?.packets]), () => [
            h('div.figure-row', {},
                figure(rate && (status.live || !status.ready) ? `${short(rate.packets)}/s` : short(packets),
                    rate && (status.live || !status.ready) ? 'packets' : 'packets read'),
                figure(rate && status.live ? `${short(rate.bytes * 8, 'bit')}/s` : short(count(status.capture.bytes), 'B'),
                    status.live ? 'rate' : 'traffic'),
                figure(drops ? short(drops) : '0', `lost (${percent(lost)})`,
                    drops ? { 'data-bad': 'true' } : {})),
            h('ul.tables', {}, ...full.map((table) => h('li', {},
                h('span', {}, title(table.name)), ' ',
                h('span.quiet', {}, `${number(table.used)} of ${number(table.capacity)}`),
                table.evicted > 0 && h('span.bad', {}, ` ${number(table.evicted)} evicted`)))),
            h('p.quiet', {}, `${clean(status.capture.interfaces.map((one) => one.name).join(', '))}; `
                + (status.live ? 'live' : status.ready ? 'a replay that has been read'
                    : 'a replay, still reading') + `; wary ${status.version}`)]);
    } });
}

function budget(): HTMLElement {
    const place = h('div');
    const element = card('Alarm budget this week', { class: 'card' }, place);
    const gauge = (level: Level, alarms: number, limit: number) => {
        const share = limit > 0 ? alarms / limit : 0;
        const fill = h('span.fill', { 'data-is': share > 1 ? level : 'LOW' });
        fill.style.width = `${Math.min(100, 100 * share)}%`;
        return h('div.gauge', {},
            h('span', {}, badge(level), h('span.quiet', {}, 'and above')),
            h('span.meter', {
                role: 'meter', 'aria-label': `alarms ${level} and above`, 'aria-valuemin': 0,
                'aria-valuemax': Math.max(1, Math.ceil(limit)), 'aria-valuenow':
                    Math.min(Math.max(1, Math.ceil(limit)), alarms),
            }, fill),
            h('span', {}, h('b', {}, number(alarms)), ` of ${number(limit)}`));
    };
    return Object.assign(element, { draw() {
        const overview = state.overview;
        if (!overview) return;
        const { medium, high, complete } = overview.budget;
        show(place, JSON.stringify(overview.budget), () => [
            gauge('MEDIUM', medium.alarms, medium.budget),
            gauge('HIGH', high.alarms, high.budget),
            h('p.quiet', {},
                'Alarms of the last seven days against what quiet traffic may cost: one MEDIUM for '
                + 'a device and week, one HIGH for a device and year. Real attacks count too.',
                !complete && ' Older findings are no longer held: there were more.')]);
    } });
}

// --- every device at a glance ---

function wall(): HTMLElement {
    const tiles = h('div.tiles', { role: 'group', 'aria-label': 'Devices; arrow keys move between them' });
    const more = h('p.more');
    const element = card('Every device', { class: 'card wide' }, tiles, more);
    tiles.addEventListener('keydown', (event) => {
        const here = document.activeElement as HTMLElement;
        const all = [...tiles.children] as HTMLElement[];
        const at = all.indexOf(here);
        const wide = Math.max(1, Math.round(tiles.clientWidth / Math.max(1, here.offsetWidth + 4)));
        const step = ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide,
            Home: -at, End: all.length - 1 - at } as Record<string, number>)[event.key];
        const to = step === undefined ? undefined : all[at + step];
        if (at < 0 || !to) return;
        event.preventDefault();
        here.tabIndex = -1;
        to.tabIndex = 0;
        to.focus();
    });
    return Object.assign(element, { draw() {
        const all = select(state.devices.values(), everything());
        const some = all.slice(0, shownTiles);
        element.hidden = all.length === 0;
        if (tiles.contains(document.activeElement)) return; // not under somebody's fingers
        show(tiles, some.map((device) =>
            `${device.id} ${device.name} ${device.level} ${device.score} ${device.state}`).join('\n'),
        () => some.map((device, i) => h('a.tile', {
            href: deviceLink(device.id), 'data-device': device.id, 'data-level': device.level,
            'data-state': device.state, tabindex: i ? -1 : 0,
            title: `${nameOf(device)}: ${device.level} ${device.score}, ${device.state}`,
        }, glyph(device.level), h('bdi', {}, nameOf(device)), h('b', {}, number(device.score)),
            h('span.hidden', {}, ` ${device.level}, ${device.state}`))));
        show(more, `${all.length}`, () => all.length > shownTiles
            ? [h('a', { href: '#/devices' }, `The riskiest ${number(shownTiles)}; all are in the table`)] : []);
    } });
}

function learning(): HTMLElement {
    const place = h('div.notice');
    return Object.assign(place, { draw() {
        const status = state.status;
        const all = status?.devices.count ?? 0;
        const n = status?.devices.by_state.learning ?? 0;
        const share = all ? n / all : 0;
        place.hidden = share < 0.2 && status?.ready !== false;
        show(place, `${n} ${all} ${status?.ready}`, () => status?.ready === false
            ? [h('b', {}, 'Still reading the capture.'), ' What is shown is its state so far.']
            : [h('b', {}, `${plural(n, 'device')} of ${number(all)} still learning.`),
                ' Scans, spoofing and other hard evidence count from the first packet; what is '
                + 'unusual for a device is judged once enough of its own windows are known, '
                + 'about two hours of activity. Its page shows how far it is.']);
    } });
}

type Part = HTMLElement & { draw(): void };

export function overviewView(): View {
    const parts = [learning(), attention(), findings(), distribution(), matrix(), lastHour(),
        budget(), health(), wall()] as Part[];
    const element = h('div.view.overview');
    append(element, parts);
    const draw = () => parts.forEach((part) => part.draw());
    const unwatch = state.watch(['devices', 'findings', 'status', 'overview'], draw);
    draw();
    return { title: 'Overview', element, end: unwatch };
}
