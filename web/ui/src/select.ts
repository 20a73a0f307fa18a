// Which devices are shown, and in what order. Pure, and quick for 50,000 of them.

import { levels, type Device, type Level, type State } from './model.ts';

export type SortKey =
    'risk' | 'name' | 'zone' | 'group' | 'state' | 'confidence' | 'last_seen';

export interface Selection {
    text: string;
    levels: Set<Level>; // empty: all
    state: State | '';
    zone: string;       // '': any
    group: string;
    sort: SortKey;
    descending: boolean;
}

export const everything = (): Selection => ({
    text: '', levels: new Set(), state: '', zone: '', group: '',
    sort: 'risk', descending: true,
});

// Lower-cased once for each version of a device: typing must not wait.
const haystacks = new WeakMap<Device, string>();

function haystack(device: Device): string {
    let text = haystacks.get(device);
    if (text === undefined) {
        text = [device.id, device.id.replaceAll(':', ''), device.id.replaceAll(':', '-'),
            device.name, device.vendor, device.group, device.zone,
            typeof device.type === 'string' ? device.type : device.type?.name ?? '',
            ...device.addresses].join('\n').toLowerCase();
        haystacks.set(device, text);
    }
    return text;
}

/** Every word of the text is somewhere in what the device is called. */
export function matches(device: Device, selection: Selection): boolean {
    if (selection.levels.size && !selection.levels.has(device.level)) return false;
    if (selection.state && device.state !== selection.state) return false;
    if (selection.zone && device.zone !== selection.zone) return false;
    if (selection.group && device.group !== selection.group) return false;
    if (!selection.text) return true;
    const hay = haystack(device);
    return selection.text.toLowerCase().split(/\s+/).every((word) => hay.includes(word));
}

const rank = Object.fromEntries(levels.map((level, i) => [level, -i]));

function key(device: Device, sort: SortKey): number | string {
    switch (sort) {
    case 'risk': return device.score + (rank[device.level] ?? 0) / 100;
    case 'confidence': return device.confidence;
    case 'name': return (device.name || '\uffff').toLowerCase();
    case 'zone': return (device.zone || '\uffff').toLowerCase();
    case 'group': return (device.group || '\uffff').toLowerCase();
    case 'state': return device.state;
    case 'last_seen': return device.last_seen;
    }
}

/** Those that match, in order; ties by id, so that the order is one. */
export function select(devices: Iterable<Device>, selection: Selection): Device[] {
    const found: { device: Device; key: number | string }[] = [];
    for (const device of devices)
        if (matches(device, selection))
            found.push({ device, key: key(device, selection.sort) });
    const sign = selection.descending ? -1 : 1;
    found.sort((a, b) =>
        a.key < b.key ? -sign
            : a.key > b.key ? sign
                : a.device.id < b.device.id ? -1 : 1);
    return found.map((entry) => entry.device);
}

/** The selection as the part of an address after '?', and back. */
export function toQuery(selection: Selection): string {
    const query = new URLSearchParams();
    if (selection.text) query.set('q', selection.text);
    if (selection.levels.size) query.set('level', [...selection.levels].join(','));
    if (selection.state) query.set('state', selection.state);
    if (selection.zone) query.set('zone', selection.zone);
    if (selection.group) query.set('group', selection.group);
    if (selection.sort !== 'risk' || !selection.descending)
        query.set('sort', (selection.descending ? '-' : '') + selection.sort);
    return query.toString();
}

export function fromQuery(text: string): Selection {
    const query = new URLSearchParams(text);
    const selection = everything();
    selection.text = query.get('q') ?? '';
    for (const level of (query.get('level') ?? '').split(','))
        if ((levels as readonly string[]).includes(level))
            selection.levels.add(level as Level);
    const state = query.get('state');
    if (state === 'active' || state === 'learning' || state === 'stale')
        selection.state = state;
    selection.zone = query.get('zone') ?? '';
    selection.group = query.get('group') ?? '';
    const sort = /^(-?)(risk|name|zone|group|state|confidence|last_seen)$/.exec(
        query.get('sort') ?? '');
    if (sort) {
        selection.sort = sort[2] as SortKey;
        selection.descending = sort[1] === '-';
    }
    return selection;
}
