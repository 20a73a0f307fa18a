// What a person does about a device: verdicts, relearning, what it is called.

import { devicePath, send } from './api.ts';
import { h } from './dom.ts';
import type { DeviceDetail, Finding } from './model.ts';
import { explain, toast } from './shell.ts';
import { state } from './state.ts';
import { moment, title } from './text.ts';

function storedName(): string {
    try {
        return localStorage.getItem('by') ?? '';
    } catch {
        return '';
    }
}

function field(label: string, input: HTMLElement): HTMLElement {
    return h('label.field', {}, h('span', {}, label), input);
}

/** Send, say what came of it (the answer comes when the engine has taken it), and let the page
    look again. */
async function act(
    button: HTMLButtonElement, doing: string, done: string, sending: () => Promise<unknown>,
    again: () => void,
): Promise<boolean> {
    button.disabled = true;
    try {
        await sending();
        toast(done);
        again();
        return true;
    } catch (error) {
        toast(explain(error, doing), true);
        return false;
    } finally {
        button.disabled = false;
    }
}

const verdicts = [
    { verdict: 'benign', label: 'It was fine', done: 'Taken as benign: it teaches what is usual.' },
    { verdict: 'malicious', label: 'It was an attack', done: 'Taken as malicious: nothing is learnt from it.' },
    { verdict: 'unknown', label: 'Not sure', done: 'Noted as not known.' },
] as const;

/** The three answers to a finding, and who gives them. */
export function verdictForm(finding: Finding, again: () => void): HTMLElement {
    const by = h('input', { name: 'by', value: storedName(), autocomplete: 'name', maxlength: 64 });
    const note = h('input', { name: 'note', maxlength: 200, placeholder: 'optional' });
    const buttons = verdicts.map(({ verdict, label, done }) => {
        const button = h('button.button', {
            type: 'button', 'data-verdict': verdict,
            'aria-pressed': finding.verdict ? String(finding.verdict === verdict) : null,
        }, label);
        button.addEventListener('click', () => {
            try {
                localStorage.setItem('by', by.value);
            } catch { /* to be typed again next time */ }
            void act(button, 'The verdict was not taken', done, () =>
                send('POST', devicePath(finding.device, '/verdict'), {
                    finding: finding.id, verdict, by: by.value.trim() || 'page',
                    note: note.value.trim(),
                }), again);
        });
        return button;
    });
    return h('fieldset.verdict', {},
        h('legend', {}, 'What was it?'),
        h('div.buttons', {}, ...buttons),
        h('div.fields', {}, field('Your name', by), field('Note', note)));
}

export function relearnForm(device: DeviceDetail, again: () => void): HTMLElement {
    const reason = h('input', { name: 'reason', required: true, maxlength: 200, placeholder: 'firmware update' });
    const hours = h('select', { name: 'hours' },
        ...[[1, '1 hour'], [4, '4 hours'], [24, 'a day'], [72, '3 days']].map(([value, label]) =>
            h('option', { value: value as number }, label as string)));
    const button = h('button.button', { type: 'submit' }, 'Relearn');
    const form = h('form.act', {},
        h('p.quiet', {}, 'For a time that ends by itself, what is unusual is learnt and not held '
            + 'against the device. Scans, spoofing and other hard evidence still count.'),
        device.relearn && h('p', {}, h('b', {}, 'Relearning'), ` until ${moment(device.relearn.until, state.now)}.`),
        h('div.fields', {}, field('Why', reason), field('For', hours)), button);
    form.addEventListener('submit', (event) => {
        event.preventDefault();
        const until = new Date(Date.parse(state.now) + Number(hours.value) * 3600e3);
        void act(button, 'It does not relearn', 'It relearns from now on.', () =>
            send('POST', devicePath(device.id, '/relearn'), {
                reason: reason.value.trim(), until: until.toISOString(),
            }), again);
    });
    return form;
}

/** What the operator says of it: name, group, zone, criticality. */
export function nameForm(device: DeviceDetail, again: () => void): HTMLElement {
    const inputs = (['name', 'group', 'zone'] as const).map((key) =>
        [key, h('input', { name: key, value: device[key] ?? '', maxlength: 63 })] as const);
    const criticality = h('select', { name: 'criticality' },
        ...['', 'low', 'normal', 'high', 'critical'].map((value) =>
            h('option', { value, selected: (device.criticality ?? '') === value },
                value || 'not set')));
    const button = h('button.button', { type: 'submit' }, 'Save');
    const form = h('form.act', {},
        h('p.quiet', {}, 'What you set stands above what the device says of itself.'),
        h('div.fields', {}, ...inputs.map(([key, input]) => field(title(key), input)),
            field('Criticality', criticality)), button);
    form.addEventListener('submit', (event) => {
        event.preventDefault();
        const body: Record<string, string> = {};
        for (const [key, input] of inputs)
            if (input.value.trim() !== (device[key] ?? '')) body[key] = input.value.trim();
        if (criticality.value !== (device.criticality ?? '')) body.criticality = criticality.value;
        if (Object.keys(body).length === 0) return toast('Nothing was changed.');
        void act(button, 'It was not saved', 'Saved.', () =>
            send('PUT', devicePath(device.id), body), again);
    });
    return form;
}
