// What stands around every view: where one is, whether the picture is live, search, theme.

import { devicePath, get, Problem, send, unauthorized } from './api.ts';
import { h, show } from './dom.ts';
import type { DeviceDetail } from './model.ts';
import { state } from './state.ts';
import { clean, moment, number } from './text.ts';
import { deviceLink } from './view.ts';

const places = [
    { href: '#/', view: '', label: 'Overview', key: 'o' },
    { href: '#/devices', view: 'devices', label: 'Devices', key: 'd' },
    { href: '#/map', view: 'map', label: 'Map', key: 'm' },
    { href: '#/decisions', view: 'decisions', label: 'Decisions', key: 'p' },
];

// --- theme ---

type Theme = 'auto' | 'light' | 'dark';
const themes: Theme[] = ['auto', 'light', 'dark'];

function storedTheme(): Theme {
    try {
        const theme = localStorage.getItem('theme') as Theme;
        return themes.includes(theme) ? theme : 'auto';
    } catch {
        return 'auto';
    }
}

function applyTheme(theme: Theme): void {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event('themechange'));
}

function themeButton(): HTMLElement {
    let theme = storedTheme();
    const button = h('button.theme', { type: 'button', id: 'theme', click: () => {
        theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
        try {
            localStorage.setItem('theme', theme);
        } catch { /* it then lasts as long as the page */ }
        applyTheme(theme);
        say();
    } });
    const say = () => {
        button.textContent = { auto: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' }[theme];
    };
    say();
    applyTheme(theme);
    return button;
}

// --- is it live? ---

function connection(): HTMLElement {
    const place = h('p.connection', { role: 'status', id: 'connection' });
    const draw = () => {
        const { connection: now, status } = state;
        place.dataset.is = now.is;
        const at = status ? moment(status.now) : '';
        const words = {
            live: [!status || status.live ? 'Live' : status.ready ? 'Replayed' : 'Replaying', at],
            asking: ['Every 5 s', at],
            still: ['A still', at],
            broken: ['Not live', now.is === 'broken' ? `since ${moment(new Date(now.since).toISOString(), new Date().toISOString())}` : ''],
        }[now.is];
        show(place, words.join(), () => [h('b', {}, words[0]!), h('span', {}, words[1]!)]);
        place.title = now.is === 'broken' ? clean(now.reason) : `capture time ${at}`;
    };
    state.watch(['connection', 'status'], draw);
    draw();
    return place;
}

// --- search by any identity ---

function search(): HTMLElement {
    const answer = h('p.answer', { role: 'status' });
    const input = h('input', {
        type: 'search', id: 'search', placeholder: 'Find a device  /', autocomplete: 'off',
        spellcheck: 'false', 'aria-label': 'Find a device by id, MAC, address or name',
    });
    const form = h('form.find', { role: 'search' }, input, answer);
    form.addEventListener('submit', (event) => {
        event.preventDefault();
        const text = input.value.trim();
        if (!text) return;
        get<DeviceDetail>(devicePath(text)).then((device) => {
            input.value = '';
            answer.textContent = '';
            location.hash = deviceLink(device.id);
        }, (problem: Problem) => {
            answer.textContent = problem.status === 0 ? problem.message : '';
            // Several: its place asks which. None: the table shows what comes near.
            location.hash = problem.status === 409 ? deviceLink(text)
                : `#/devices?q=${encodeURIComponent(text)}`;
        });
    });
    return form;
}

// --- messages ---

const toasts = h('div.toasts', { role: 'status', 'aria-live': 'polite' });

/** Say for a moment what came of an action. */
export function toast(text: string, bad = false): void {
    const message = h('p.toast', bad ? { 'data-bad': 'true' } : {}, text);
    toasts.append(message);
    setTimeout(() => message.remove(), bad ? 12000 : 6000);
}

/** What went wrong and what to do, in a sentence. */
export function explain(error: unknown, doing: string): string {
    if (!(error instanceof Problem)) return `${doing}: ${String(error)}`;
    if (error.status === 401) return `${doing}: sign in first.`;
    if (error.status === 403) return `${doing}: your token does not allow it.`;
    if (error.absent) return `${doing}: this wary does not offer it (${error.message}).`;
    return `${doing}: ${error.message}`;
}

// --- who is there ---

/** Asks for a token when the server wants one; it is exchanged for a cookie at once. */
function door(): HTMLDialogElement {
    const token = h('input', { type: 'password', name: 'token', required: true, autocomplete: 'off', id: 'token' });
    const said = h('p.bad', { role: 'alert' });
    const button = h('button.button.primary', { type: 'submit' }, 'Sign in');
    const form = h('form.act', { autocomplete: 'off' },
        h('h2', { id: 'door-heading' }, 'Sign in'),
        h('p.quiet', {}, 'This wary answers those who have a token: ',
            h('code', {}, 'wary token create'), ' makes one. It is sent once, and not kept in the browser.'),
        h('label.field', { for: 'token' }, h('span', {}, 'Token'), token), said, button);
    const dialog = h('dialog', { 'aria-labelledby': 'door-heading', id: 'door' }, form);
    form.addEventListener('submit', (event) => {
        event.preventDefault();
        button.disabled = true;
        send('POST', '/login', { token: token.value }).then(() => location.reload(), (problem: Problem) => {
            button.disabled = false;
            said.textContent = problem.status === 401 ? 'No such token is known.' : problem.message;
            token.select();
        });
    });
    // Behind it there is nothing to go on with.
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    unauthorized.addEventListener('unauthorized', () => {
        if (dialog.isConnected && !dialog.open) dialog.showModal();
    });
    return dialog;
}

function principal(): HTMLElement | null {
    const who = document.querySelector<HTMLMetaElement>('meta[name=principal]')?.content;
    if (!who) return null;
    const out = h('button.theme', { type: 'button', id: 'sign-out', click: () => {
        send('POST', '/logout', {}).finally(() => location.reload());
    } }, 'Sign out');
    return h('p.who-am-i', {}, h('bdi', {}, who), out);
}

/** Build the frame about `main`; returns what to call when the place has changed. */
export function shell(main: HTMLElement): (view: string, title: string) => void {
    const links = places.map((place) => h('a', { href: place.href },
        h('span', {}, place.label), h('span.count', { 'aria-hidden': 'true' })));
    const heading = h('h1', { tabindex: -1 });
    const lost = h('div.notice.lost', { role: 'alert', hidden: true });
    const dialog = door();
    document.body.replaceChildren(
        h('a.skip', { href: '#main', click: (event: Event) => {
            event.preventDefault();
            heading.focus();
        } }, 'Skip to content'),
        h('header.side', {},
            h('a.brand', { href: '#/' }, 'wary'),
            h('nav', { 'aria-label': 'Views' }, ...links),
            h('div.foot', {}, connection(), principal(), themeButton())),
        h('div.page', {},
            h('div.top', {}, heading, search()),
            lost, main),
        toasts, dialog);
    if (state.refused) dialog.showModal();
    main.id = 'main';

    const counts = () => {
        const bad = (state.status?.devices.by_level.CRITICAL ?? 0)
            + (state.status?.devices.by_level.HIGH ?? 0);
        links[0]!.lastElementChild!.textContent = bad ? number(bad) : '';
        links[1]!.lastElementChild!.textContent =
            state.status ? number(state.status.devices.count) : '';
        const now = state.connection;
        lost.hidden = now.is !== 'broken';
        show(lost, JSON.stringify(now), () => now.is !== 'broken' ? [] : [
            h('b', {}, 'Not live. '), now.reason,
            ' What you see is as of ', moment(state.status?.now), '; it will go on by itself.']);
    };
    state.watch(['status', 'connection'], counts);
    counts();

    addEventListener('keydown', (event) => {
        const target = event.target as HTMLElement;
        if (event.ctrlKey || event.metaKey || event.altKey
            || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
        if (event.key === '/') {
            event.preventDefault();
            document.getElementById('search')?.focus();
        }
    });

    return (view, title) => {
        heading.textContent = title;
        document.title = `${title} · wary`;
        places.forEach((place, i) => {
            const here = place.view === view || (place.view === 'devices' && view === 'device');
            if (here) links[i]!.setAttribute('aria-current', 'page');
            else links[i]!.removeAttribute('aria-current');
        });
    };
}
