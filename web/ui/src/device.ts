// One device: how far it may be trusted, why, since when, and what to do about it.

import { nameForm, relearnForm, verdictForm } from './act.ts';
import { devicePath, get, Problem } from './api.ts';
import { CourseChart } from './chart.ts';
import { append, card, empty, glyph, h, show } from './dom.ts';
import { readCourse, type CoursePoint } from './devices.ts';
import type { DeviceDetail, Factor, Finding, Top } from './model.ts';
import { against, scoreBar } from './picture.ts';
import { state } from './state.ts';
import { ago, clean, count, duration, moment, number, percent, plural, sentence, short, title } from './text.ts';
import { maturityCard, usualCard, type Baseline } from './usual.ts';
import { deviceLink, type View } from './view.ts';

const every_ms = 4000;
const ranges = [[3600, '1 h'], [6 * 3600, '6 h'], [86400, 'a day'], [7 * 86400, 'a week']] as const;

// --- who and how much ---

function headline(device: DeviceDetail): HTMLElement {
    const states = {
        active: 'its behaviour is known',
        learning: 'still learning what is usual for it',
        stale: `nothing heard for ${ago(device.last_seen, state.now).replace(' ago', '')}`,
    };
    return h('div.headline-card', { 'data-device': device.id, 'data-level': device.level },
        h('div.big', {},
            h('span.level', { 'data-is': device.level }, glyph(device.level),
                h('b.score', { id: 'score' }, number(device.score)), h('span.word', {}, device.level)),
            scoreBar(device.score, device.level)),
        h('dl.facts', {},
            ...pair('State', `${device.state}: ${states[device.state]}`),
            ...pair('Level since', `${moment(device.since, state.now)}, ${ago(device.since, state.now)}`),
            ...pair('Confidence', percent(device.confidence)),
            ...pair('Zone', device.zone || 'none'),
            ...pair('Group', device.group || 'none'),
            ...(device.mode && device.mode !== 'enforce' ? pair('Mode', device.mode) : [])));
}

function pair(term: string, value: string | Node): HTMLElement[] {
    return [h('div', {}, h('dt', {}, term), h('dd', {}, value))];
}

// --- why ---

/** Whether both numbers are of the same thing: a rhythm's are sessions and seconds. */
function isComparable(factor: Factor): boolean {
    return factor.observed > 0 && factor.family !== 'rhythm' && (factor.expected > 0 || factor.unit !== '');
}

function factorItem(factor: Factor): HTMLElement {
    return h('li.factor', { 'data-kind': factor.kind },
        h('span.points', {}, h('b', {}, number(factor.contribution)),
            h('span', {}, Math.abs(factor.contribution) === 1 ? 'point' : 'points')),
        h('div', {},
            h('p', {}, h('b', {}, title(factor.kind)), ' ', h('span.quiet', {}, factor.family)),
            h('p', {}, factor.text),
            factor.family === 'novelty' && factor.peer
                ? h('p.picture', {}, h('span.tag', {}, 'new'), ' ', h('bdi', {}, factor.peer))
                : isComparable(factor)
                    ? against(factor.observed, factor.expected, factor.unit,
                        factor.family === 'invariant' ? 'many' : 'usual') : null),
        h('time', { datetime: factor.since, title: factor.since },
            `since ${moment(factor.since, state.now)}`));
}

function why(device: DeviceDetail): HTMLElement {
    if (device.factors.length === 0)
        return empty('Nothing speaks against it', device.state === 'learning'
            ? 'It is still learning. Hard evidence would show here at once.'
            : 'What once did has faded: evidence halves every quarter of an hour.');
    return h('ol.factors', {}, ...device.factors.map(factorItem));
}

// --- with whom ---

function tops(items: Top[], what: string): HTMLElement {
    if (items.length === 0) return h('p.quiet', {}, `No ${what} yet.`);
    const most = Math.max(...items.map((item) => count(item.bytes)), 1);
    return h('ul.tops', {}, ...items.map((item) => {
        const known = [...state.devices.values()].find((device) =>
            device.name === item.name || device.id === item.name || device.addresses.includes(item.name));
        const fill = h('span.fill');
        fill.style.width = `${100 * Math.sqrt(count(item.bytes) / most)}%`;
        return h('li', {},
            known ? h('a', { href: deviceLink(known.id) }, h('bdi', {}, item.name),
                known.name && known.name !== item.name ? h('span.quiet', {}, ` ${known.name}`) : null)
                : h('bdi', {}, item.name),
            h('span.quiet', {}, short(count(item.bytes), 'B'), ' · ', ago(item.last_seen, state.now)),
            h('span.meter', { 'aria-hidden': 'true' }, fill));
    }));
}

// --- who it is ---

function identity(device: DeviceDetail): HTMLElement {
    const facts = device.facts ?? [];
    const type = typeof device.type === 'object' ? device.type : null;
    return h('div', {},
        h('dl.facts.many', {},
            ...pair('Id', h('code', {}, device.id)),
            ...(device.mac && device.mac !== device.id ? pair('MAC', h('code', {}, device.mac)) : []),
            ...pair(device.addresses.length === 1 ? 'Address' : 'Addresses', device.addresses.join(', ') || 'none'),
            ...(device.name ? pair('Name', h('bdi', {}, device.name)) : []),
            ...(type?.name ? pair('Type', h('span', { title: type.reasons }, `${type.name} (${percent(type.confidence)})`)) : []),
            ...(device.vendor ? pair('Vendor', h('bdi', {}, device.vendor)) : []),
            ...(device.vlan ? pair('VLAN', String(device.vlan)) : []),
            ...(device.criticality ? pair('Criticality', device.criticality) : []),
            ...(device.router ? pair('Role', 'router') : []),
            ...(device.identity ? pair('Who it is', h('span', {}, `${percent(device.identity.confidence)} sure: `,
                device.identity.reasons.join('; ') || 'nothing proves it')) : []),
            ...pair('First heard', moment(device.first_seen, state.now)),
            ...pair('Last heard', moment(device.last_seen, state.now)),
            ...pair('Traffic', `${short(count(device.packets))} packets, ${short(count(device.bytes), 'B')}`)),
        facts.length > 0 && h('table.fact-table', {},
            h('thead', {}, h('tr', {}, ...['Fact', 'Value', 'Source'].map((head) => h('th', { scope: 'col' }, head)))),
            h('tbody', {}, ...facts.map((fact) => h('tr', {},
                h('td', {}, title(fact.kind)),
                h('td', {}, h('bdi', {}, typeof fact.value === 'string' ? fact.value : JSON.stringify(fact.value))),
                h('td.quiet', {}, fact.source ?? '–',
                    fact.expires ? `, until ${moment(fact.expires, state.now)}` : ''))))),
        facts.length === 0 && h('p.quiet', {}, 'Nothing else is known: neither heard, nor posted by others '
            + '(attestation, certificate, firmware, posture, vulnerabilities, owner).'));
}

// --- decisions about it ---

export interface Decision {
    ts: string;
    seq: number;
    api: string;
    subject?: string;
    action?: string;
    resource?: string;
    device?: string;
    decision?: 'permit' | 'deny';
    would?: string;
    mode?: string;
    score?: number;
    level?: string;
    rule?: string;
    principal?: string;
    remote?: string;
    method?: string;
    path?: string;
    status?: number;
    policy?: string;
}

export function decisionWord(decision: Decision): HTMLElement {
    if (decision.api === 'order') {
        const done = (decision.status ?? 0) < 400;
        return h('span.level', { 'data-is': done ? 'UNKNOWN' : 'HIGH' }, done ? 'order' : `refused, ${decision.status}`);
    }
    const denied = decision.decision === 'deny' || decision.would === 'deny';
    return h('span.level', { 'data-is': denied ? 'CRITICAL' : 'LOW' }, glyph(denied ? 'CRITICAL' : 'LOW'),
        decision.decision === 'deny' ? 'deny' : decision.would === 'deny' ? 'would deny' : decision.decision ?? '–');
}

function decisionRows(decisions: Decision[], why: string): HTMLElement {
    if (why) return empty('Not shown here', why);
    if (decisions.length === 0)
        return empty('Nobody has asked about it',
            'Decisions appear when a policy enforcement point asks for this device.');
    return h('ol.decision-list', {}, ...decisions.map((decision) => h('li', {},
        decisionWord(decision),
        h('span', {}, [decision.action, decision.resource].filter(Boolean).join(' ') || decision.path || decision.api,
            decision.rule ? h('span.quiet', {}, ` by rule “${decision.rule}”`) : null,
            decision.score !== undefined ? h('span.quiet', {}, ` at score ${decision.score}`) : null),
        h('time', { datetime: decision.ts }, moment(decision.ts)))));
}

// --- its findings ---

function findingRow(finding: Finding, open: boolean, again: () => void): HTMLElement {
    const row = h('details.finding-row', { id: `finding-${finding.id}`, open },
        h('summary', {},
            h('span.level', { 'data-is': finding.level }, glyph(finding.level), h('span.hidden', {}, finding.level)),
            h('span.what', {}, h('b', {}, title(finding.kind)), ' ', finding.text,
                finding.verdict && h('span.tag', {}, finding.verdict)),
            h('time', { datetime: finding.time }, moment(finding.time, state.now))),
        h('div.more-of-it', {},
            finding.observed > 0 && finding.kind === 'volume'
                ? against(finding.observed, finding.expected, '', 'usual') : null,
            verdictForm(finding, again)));
    return row;
}

export function deviceView(id: string): View {
    let device: DeviceDetail | null = null;
    let findings: Finding[] = [];
    let course: CoursePoint[] = [];
    let noCourse = '', span: number = ranges[1][0];
    let ended = false, timer = 0, soonTimer = 0;

    const problem = h('div');
    const head = h('div');
    const whyPlace = h('div');
    const findingPlace = h('div');
    const peersPlace = h('div.two');
    const identityPlace = h('div');
    const decisionPlace = h('div');
    const namePlace = h('div'), relearnPlace = h('div');
    const maturity = maturityCard(), usual = usualCard();
    const chart = new CourseChart((finding) => {
        const row = document.getElementById(`finding-${finding.id}`) as HTMLDetailsElement | null;
        if (!row) return;
        row.open = true;
        row.scrollIntoView({ block: 'center' });
        row.querySelector('summary')?.focus();
    });
    const courseNote = h('p.quiet');
    const rangeButtons = ranges.map(([seconds, label]) => {
        const button = h('button.chip', { type: 'button', 'aria-pressed': String(seconds === span) }, label);
        button.addEventListener('click', () => {
            span = seconds;
            rangeButtons.forEach((other, i) => other.setAttribute('aria-pressed', String(ranges[i]![0] === span)));
            void readHistory();
        });
        return button;
    });
    const body = h('div.device-body', { hidden: true },
        h('div.column', {},
            card('Why', {}, whyPlace),
            card('Risk over time', {},
                h('div.chips', { role: 'group', 'aria-label': 'How far back' }, ...rangeButtons),
                chart.element, courseNote),
            card('Findings', {}, findingPlace),
            card('Talks to', {}, peersPlace),
            usual),
        h('div.column', {},
            card('Identity', {}, identityPlace),
            maturity,
            card('Decisions about it', {}, decisionPlace),
            card('What you know of it', {}, namePlace),
            card('Relearn', {}, relearnPlace)));
    const element = h('div.view.device', {}, problem, head, body);

    function soon(): void {
        clearTimeout(soonTimer);
        soonTimer = window.setTimeout(() => void read(), 150);
    }

    function drawCourse(): void {
        const now = Date.parse(state.now) / 1000;
        const points = [...course];
        const last = points.at(-1)?.time ?? 0;
        for (const sample of state.samplesOf(device?.id ?? id))
            if (sample.time > last && sample.time >= now - span)
                points.push({ time: sample.time, risk: sample.score, anomaly: NaN });
        if (device && (points.at(-1)?.time ?? 0) < now)
            points.push({ time: now, risk: device.score, anomaly: device.anomaly });
        // Without points the axis still spans the time that was asked for, so that findings
        // stand where they belong.
        const times = [now - span, ...points.map((point) => point.time).filter((time) => time > now - span)];
        const kept = points.filter((point) => point.time > now - span);
        const here = findings.filter((finding) => Date.parse(finding.time) / 1000 > now - span);
        const peak = Math.max(0, ...kept.map((point) => point.risk));
        chart.show({
            times,
            risk: [null, ...kept.map((point) => point.risk)],
            anomaly: [null, ...kept.map((point) => Number.isFinite(point.anomaly) ? point.anomaly : null)],
        }, here, `Risk over the last ${duration(span)}: now ${device?.score ?? 0}, highest ${number(peak)}, ${plural(here.length, 'finding')}`);
        courseNote.textContent = noCourse
            ? `${noCourse} Shown is what the page has seen itself; dots are findings.`
            : here.length ? 'Dots are findings: choose one to read it.' : '';
    }

    async function readHistory(): Promise<void> {
        const now = Date.parse(state.now) / 1000;
        const step = Math.max(10, Math.round(span / 500 / 10) * 10);
        try {
            course = await readCourse(device?.id ?? id, now - span, now, step);
            noCourse = '';
        } catch (error) {
            course = [];
            noCourse = error instanceof Problem && error.absent
                ? 'No history is kept: start wary with --state DIR.'
                : `The history cannot be read: ${error instanceof Error ? error.message : error}.`;
        }
        if (!ended) drawCourse();
    }

    async function readAside(): Promise<void> {
        const path = device?.id ?? id;
        await Promise.all([
            get<Baseline>(devicePath(path, '/baseline')).then(
                (baseline) => usual.draw(baseline, '', state.now),
                (error: Problem) => usual.draw(null, error.absent
                    ? 'This wary does not tell what it has learnt.' : error.message, state.now)),
            get<{ decisions: Decision[] }>(`/v1/audit?limit=20&device=${encodeURIComponent(path)}`).then(
                ({ decisions }) => show(decisionPlace, JSON.stringify(decisions), () => [decisionRows(decisions, '')]),
                (error: Problem) => show(decisionPlace, error.message, () => [decisionRows([], error.absent
                    ? 'This wary keeps no audit of its decisions.' : error.message)])),
        ]);
    }

    function draw(now: DeviceDetail): void {
        const { last_seen, packets, bytes, computed_at, top_peers, top_services, ...stable } = now;
        show(head, JSON.stringify([now, state.now]), () => [headline(now)]);
        show(whyPlace, JSON.stringify(now.factors), () => [why(now)]);
        show(peersPlace, JSON.stringify([top_peers, top_services]), () => [
            h('div', {}, h('h3', {}, 'Peers'), tops(top_peers, 'peer')),
            h('div', {}, h('h3', {}, 'Services'), tops(top_services, 'service'))]);
        show(identityPlace, JSON.stringify([stable.id, stable.facts, stable.addresses, stable.name, last_seen, packets, bytes]),
            () => [identity(now)]);
        maturity.draw(now.maturity);
        // Forms are made anew only when what they begin with has changed.
        show(namePlace, JSON.stringify([now.name, now.group, now.zone, now.criticality]), () => [nameForm(now, soon)]);
        show(relearnPlace, JSON.stringify(now.relearn ?? null), () => [relearnForm(now, soon)]);
        const shown = now.name || now.vendor || now.id;
        const heading = document.querySelector('h1');
        if (heading && !ended && heading.textContent !== clean(shown)) {
            heading.textContent = clean(shown);
            document.title = `${clean(shown)} · wary`;
        }
        body.hidden = false;
    }

    function drawFindings(): void {
        const open = new Set([...findingPlace.querySelectorAll<HTMLDetailsElement>('details[open]')].map((row) => row.id));
        show(findingPlace, JSON.stringify(findings), () => findings.length
            ? [h('div.finding-rows', {}, ...findings.map((finding, i) =>
                findingRow(finding, open.size ? open.has(`finding-${finding.id}`) : i === 0, soon)))]
            : [empty('No findings', 'Nothing this device did was worth telling.')]);
    }

    async function read(): Promise<void> {
        try {
            const [detail, list] = await Promise.all([
                get<DeviceDetail>(devicePath(id)),
                get<{ findings: Finding[] }>(`/v1/findings?limit=100&device=${encodeURIComponent(id)}`),
            ]);
            if (ended) return;
            device = detail;
            findings = list.findings;
            show(problem, '', () => []);
            draw(detail);
            drawFindings();
            drawCourse();
        } catch (error) {
            if (ended || !(error instanceof Problem)) return;
            if (device && error.status === 0) return; // what is shown stays; the frame says it is old
            body.hidden = true;
            head.replaceChildren();
            const candidates = (error.body.candidates ?? []) as string[];
            show(problem, error.message, () => [h('div.card', {},
                error.status === 409
                    ? h('div', {}, empty('Several devices are called so', 'Which one?'),
                        h('ul', {}, ...candidates.map((one) => h('li', {}, h('a', { href: deviceLink(one) }, one)))))
                    : empty(error.status === 404 ? 'No such device' : 'It cannot be read', sentence(error.message), '. ',
                        error.status === 404 && 'It may have been forgotten after long silence, or never spoke here. ',
                        h('a', { href: `#/devices?q=${encodeURIComponent(id)}` }, 'Look for what comes near'), '.'))]);
        }
    }

    const again = async () => {
        if (!document.hidden) await read();
        if (!ended && !state.still) timer = window.setTimeout(again, every_ms);
    };
    void again().then(() => Promise.all([readHistory(), readAside()]));
    const aside = state.still ? 0 : window.setInterval(() => {
        if (document.hidden) return;
        void readHistory();
        void readAside();
    }, 20000);
    const unwatch = state.watch(['findings', 'decision'], () => {
        if (state.findings[0]?.device === device?.id) soon();
    });
    append(head, [h('p.quiet', {}, 'Reading …')]);
    return {
        title: id,
        element,
        end: () => {
            ended = true;
            clearTimeout(timer);
            clearTimeout(soonTimer);
            clearInterval(aside);
            unwatch();
            chart.close();
        },
    };
}

