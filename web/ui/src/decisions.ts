// What was decided: the audit as it grows, what shadow mode would deny, and a way to try.

import { get, Problem, send } from './api.ts';
import { card, empty, h, show } from './dom.ts';
import { decisionWord, type Decision } from './device.ts';
import { nameOf } from './model.ts';
import { state } from './state.ts';
import { moment, number, plural } from './text.ts';
import { deviceLink, type View } from './view.ts';

const every_ms = 4000;

interface Answer {
    decision: boolean;
    device?: string;
    rules?: { name: string; matches: boolean }[];
    context?: {
        reason_admin?: Record<string, string>;
        reason_user?: Record<string, string>;
        risk?: { score: number; level: string; state: string; confidence: number };
        [key: string]: unknown;
    };
}

/** What shadow mode would have denied, by device and resource, most often first. Pure. */
export function shadowReport(decisions: Decision[]) {
    const groups = new Map<string, { device: string; resource: string; rule: string; count: number; last: string }>();
    for (const decision of decisions) {
        if (decision.would !== 'deny') continue;
        const device = decision.device || decision.subject || '–';
        const resource = [decision.action, decision.resource].filter(Boolean).join(' ') || decision.path || decision.api;
        const key = `${device}\n${resource}\n${decision.rule ?? ''}`;
        const group = groups.get(key) ?? { device, resource, rule: decision.rule ?? '', count: 0, last: '' };
        group.count++;
        if (decision.ts > group.last) group.last = decision.ts;
        groups.set(key, group);
    }
    return [...groups.values()].sort((a, b) => b.count - a.count || (a.device < b.device ? -1 : 1));
}

function who(id: string | undefined, subject: string | undefined): Node | string {
    const device = id ? state.devices.get(id) : undefined;
    if (!id) return h('bdi', {}, subject ?? '–');
    return h('a', { href: deviceLink(id) }, h('bdi', {}, device ? nameOf(device) : id));
}

// --- the audit ---

function audit(onRead: (decisions: Decision[]) => void) {
    let wanted = '', api = '';
    const body = h('tbody');
    const table = h('table.audit', {},
        h('thead', {}, h('tr', {}, ...['When', 'Decision', 'Who', 'What', 'Score', 'Rule', 'Asked by'].map((head) => h('th', { scope: 'col' }, head)))),
        body);
    const none = h('div');
    const filters = ([['', 'All'], ['deny', 'Denied']] as const).map(([value, label]) => {
        const button = h('button.chip', { type: 'button', 'aria-pressed': String(value === wanted) }, label);
        button.addEventListener('click', () => {
            wanted = value;
            filters.forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
            void read();
        });
        return button;
    });
    const apiPick = h('select', { 'aria-label': 'Which interface', id: 'audit-api' },
        ...[['', 'Any interface'], ['evaluation', 'AuthZEN, one'], ['evaluations', 'AuthZEN, several'],
            ['authz', 'PEP hook'], ['broker', 'Brokers'], ['order', 'Orders']].map(
            ([value, label]) => h('option', { value: value! }, label!)));
    apiPick.addEventListener('change', () => { api = apiPick.value; void read(); });
    const element = card('Audit', { class: 'card wide' },
        h('div.toolbar', {}, h('div.chips', { role: 'group', 'aria-label': 'Which decisions' }, ...filters), apiPick),
        h('div.scroll-x', { tabindex: 0, role: 'region', 'aria-label': 'Audit, newest first' }, table), none);

    async function read(): Promise<void> {
        try {
            const query = `${wanted ? `&decision=${wanted}` : ''}${api ? `&api=${api}` : ''}`;
            const { decisions } = await get<{ decisions: Decision[] }>(`/v1/audit?limit=200${query}`);
            if (!wanted && !api) onRead(decisions);
            table.hidden = decisions.length === 0;
            show(body, decisions.map((decision) => decision.seq).join(), () => decisions.map((decision) => h('tr', { 'data-seq': decision.seq },
                h('td', {}, h('time', { datetime: decision.ts }, moment(decision.ts))),
                h('td', {}, decisionWord(decision)),
                h('td', {}, who(decision.device, decision.subject)),
                h('td', {}, h('bdi', {}, [decision.action, decision.resource].filter(Boolean).join(' ') || `${decision.method ?? ''} ${decision.path ?? ''}`)),
                h('td.number', {}, decision.score ?? '–'),
                h('td', {}, h('bdi', {}, decision.rule || '–')),
                h('td.quiet', {}, h('bdi', {}, decision.principal || decision.remote || '–')))));
            show(none, String(decisions.length), () => decisions.length ? [] : [empty('Nobody has asked yet',
                'Point your policy enforcement point at ', h('code', {}, 'POST /access/v1/evaluation'), ' (AuthZEN) or ',
                h('code', {}, '/authz'), ' (nginx, Envoy, Traefik, MQTT brokers); each answer shows here as it is given.')]);
        } catch (error) {
            table.hidden = true;
            const absent = error instanceof Problem && error.absent;
            show(none, String(error), () => [empty(absent ? 'No audit here' : 'The audit cannot be read',
                absent ? 'This wary does not decide: it was built or started without the decision interface.' : String((error as Error).message))]);
        }
    }
    return { element, read };
}

// --- try one ---

function tryForm(prefilled: string) {
    const devices = h('datalist', { id: 'known-devices' });
    const subject = h('input', { name: 'subject', required: true, list: 'known-devices', value: prefilled, placeholder: 'id, MAC, address or name', autocomplete: 'off' });
    const action = h('input', { name: 'action', required: true, value: 'connect' });
    const type = h('input', { name: 'type', required: true, value: 'service' });
    const resource = h('input', { name: 'resource', required: true, value: 'tcp/443' });
    const criticality = h('select', { name: 'criticality' }, ...['', 'low', 'medium', 'high'].map((value) =>
        h('option', { value }, value || 'not said')));
    const button = h('button.button.primary', { type: 'submit' }, 'Try');
    const result = h('div.result', { role: 'status' });
    const field = (label: string, input: HTMLElement) => h('label.field', {}, h('span', {}, label), input);
    const form = h('form.act', {}, devices,
        h('div.fields', {}, field('Device', subject), field('Action', action)),
        h('div.fields', {}, field('Resource type', type), field('Resource', resource), field('Criticality', criticality)),
        button, result);
    subject.addEventListener('focus', () => show(devices, String(state.devices.size), () =>
        [...state.devices.values()].slice(0, 500).map((device) => h('option', { value: device.id }, device.name))));
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        button.disabled = true;
        try {
            const answer = await send<Answer>('POST', '/v1/policy/test', {
                subject: { type: 'device', id: subject.value.trim() },
                action: { name: action.value.trim() },
                resource: {
                    type: type.value.trim(), id: resource.value.trim(),
                    ...(criticality.value ? { properties: { criticality: criticality.value } } : {}),
                },
            });
            const reasons = Object.values(answer.context?.reason_admin ?? {});
            const risk = answer.context?.risk;
            const rules = answer.rules ?? [];
            result.replaceChildren(
                h('p', {}, decisionWord({ ts: '', seq: 0, api: '', decision: answer.decision ? 'permit' : 'deny' }),
                    ' ', h('b', {}, answer.decision ? 'It would be let in.' : 'It would be kept out.')),
                ...reasons.map((reason) => h('p', {}, reason)),
                ...(risk ? [h('p.quiet', {}, `score ${risk.score}, ${risk.level}, ${risk.state}`)] : []),
                ...(answer.device ? [] : [h('p.quiet', {}, 'No device is called so: the policy decides without its risk.')]),
                ...(rules.length ? [h('ol.rules', {}, ...rules.map((rule) => h('li', {},
                    h('bdi', {}, rule.name), h('span.quiet', {}, rule.matches ? ' matches, and decides' : ' does not match'))))] : []));
        } catch (error) {
            const problem = error as Problem;
            result.replaceChildren(h('p.bad', {}, problem.absent
                ? 'This wary has no policy to ask.' : problem.message));
        } finally {
            button.disabled = false;
        }
    });
    return card('Try a decision', {}, h('p.quiet', {}, 'Asks the policy in force as an enforcement point would, without any effect.'), form);
}

export function decisionsView(query: string): View {
    const shadow = h('div');
    let ended = false, timer = 0;
    const drawShadow = (decisions: Decision[]) => {
        const report = shadowReport(decisions);
        const mode = decisions.find((decision) => decision.mode)?.mode ?? '';
        show(shadow, JSON.stringify([report, mode]), () => report.length
            ? [h('p', {}, `${plural(report.reduce((sum, group) => sum + group.count, 0), 'request')} would have been denied.`),
                h('table', {}, h('thead', {}, h('tr', {}, ...['Who', 'What', 'Rule', 'Times', 'Last'].map((head) => h('th', { scope: 'col' }, head)))),
                    h('tbody', {}, ...report.slice(0, 50).map((group) => h('tr', {},
                        h('td', {}, who(group.device.startsWith('device:') ? group.device.slice(7) : group.device, group.device)),
                        h('td', {}, h('bdi', {}, group.resource)), h('td', {}, h('bdi', {}, group.rule || '–')),
                        h('td.number', {}, number(group.count)), h('td', {}, moment(group.last))))))]
            : [empty(mode === 'enforce' ? 'Decisions are enforced' : 'Nothing would have been denied',
                'In shadow mode all is permitted, and this list says what enforcing would have denied: '
                + 'look here for a week, then enforce.')]);
    };
    const log = audit(drawShadow);
    drawShadow([]);
    const element = h('div.view.decisions-view', {},
        tryForm(new URLSearchParams(query).get('device') ?? ''),
        card('Shadow mode: would have been denied', {}, shadow),
        log.element);
    const again = async () => {
        if (!document.hidden) await log.read();
        if (!ended && !state.still) timer = window.setTimeout(again, every_ms);
    };
    void again();
    const unwatch = state.watch(['decision'], () => void log.read());
    return {
        title: 'Decisions',
        element,
        end: () => {
            ended = true;
            clearTimeout(timer);
            unwatch();
        },
    };
}
