// What the API says (docs/api.md), as far as the page reads it.

export const levels = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const;
export type Level = (typeof levels)[number];
export const states = ['active', 'learning', 'stale'] as const;
export type State = (typeof states)[number];

/** Where each level begins. */
export const bounds: Record<Level, number> =
    { CRITICAL: 80, HIGH: 60, MEDIUM: 30, LOW: 0, UNKNOWN: 0 };

export interface Device {
    id: string;
    name: string;
    vendor: string;
    group: string;
    type?: string | { name: string; confidence: number; reasons: string };
    addresses: string[];
    zone: string;
    state: State;
    score: number;
    level: Level;
    confidence: number;
    last_seen: string;
    top_factor?: string;
    reason?: string;
}

export interface Factor {
    kind: string;
    family: string;
    contribution: number;
    observed: number;
    expected: number;
    unit: string;
    peer?: string;
    since: string;
    text: string;
}

export interface Top {
    name: string;
    bytes: number | string;
    last_seen: string;
}

export interface Fact {
    kind: string;
    value: unknown;
    source?: string;
    expires?: string | null;
    time?: string;
}

export interface DeviceDetail extends Device {
    mac: string | null;
    vlan: number;
    router: boolean;
    mode: string;
    trust: number;
    anomaly: number;
    computed_at: string;
    max_age_s: number;
    since: string;
    first_seen: string;
    packets: number | string;
    bytes: number | string;
    maturity: Record<string, number>;
    top_peers: Top[];
    top_services: Top[];
    factors: Factor[];
    criticality?: string;
    facts?: Fact[];
    relearn?: { until: string; reason?: string } | null;
    identity?: { confidence: number; reasons: string[] };
}

export interface Finding {
    id: number;
    time: string;
    device: string;
    kind: string;
    level: Level;
    contribution: number;
    observed: number;
    expected: number;
    peer: string;
    text: string;
    verdict?: string | null;
}

export interface Status {
    version: string;
    ready: boolean;
    live: boolean;
    now: string;
    max_age_s: number;
    capture: {
        packets: number | string;
        bytes: number | string;
        drops: Record<string, number | string>;
        interfaces: ({ name: string } & Record<string, number | string>)[];
    };
    tables: Record<string, { used: number; capacity: number; evicted: number }>;
    windows: { closed: number; devices: number; discontinuities: number };
    devices: {
        count: number;
        by_state: Record<State, number>;
        by_level: Record<Level, number>;
    };
    findings: number;
    store: unknown;
}

export interface Change {
    device: string;
    name: string;
    what: 'level' | 'new' | 'silent';
    level: Level;
    score: number;
    time: string;
}

export interface Overview {
    now: string;
    distribution: number[];
    matrix: Record<Level, Record<State, number>>;
    hour: { findings: number; devices_new: number; changes: Change[] };
    budget: {
        week_from: string;
        complete: boolean;
        medium: { alarms: number; budget: number };
        high: { alarms: number; budget: number };
    };
}

export interface MapNode {
    id: string;
    name: string;
    zone: string;
    group: string;
    level: Level;
    score: number;
}

export interface MapEdge {
    from: string;
    to: string;
    bytes: number;
    violation: boolean;
    text?: string;
}

export interface NetworkMap {
    devices: MapNode[];
    edges: MapEdge[];
    truncated: boolean;
}

/** A device as it is called where there is room for one name. */
export function nameOf(device: Pick<Device, 'id' | 'name'>): string {
    return device.name || device.id;
}
