// What the page knows of the network, and how it is kept up to date: read once, then by the
// event stream; by asking again where there is none.

import { get, Problem } from './api.ts';
import type { Device, Finding, Overview, Status } from './model.ts';

export type Connection =
    | { is: 'still' }          // asked for by ?live=0
    | { is: 'live' }           // events arrive
    | { is: 'asking' }         // no stream here: asked every few seconds
    | { is: 'broken'; since: number; reason: string };

const kept = { findings: 500, samples: 120 };
const every = { status_ms: 5000, list_ms: 5000, all_ms: 60000, retry_ms: 2000, hidden_ms: 30000 };

export interface Sample { time: number; score: number }
export type Topic = 'devices' | 'findings' | 'status' | 'overview' | 'connection' | 'decision';

class State extends EventTarget {
    readonly still = new URLSearchParams(location.search).get('live') === '0';
    readonly devices = new Map<string, Device>();
    findings: Finding[] = [];
    status: Status | null = null;
    overview: Overview | null = null;
    overviewProblem: Problem | null = null;
    rate: { packets: number; bytes: number; at: number }[] = [];
    connection: Connection = this.still ? { is: 'still' } : { is: 'asking' };
    complete = false; // all devices have been read
    refused = false; // the server wants to know who asks
    fresh = new Set<number>(); // findings that came while somebody watched

    private readonly samples = new Map<string, Sample[]>();
    private readonly changed = new Set<Topic>();
    private stream: EventSource | null = null;
    private reading: Promise<void> | null = null;

    /** Call `act` for each change of these topics, at most once a frame. */
    watch(topics: Topic[], act: () => void): () => void {
        const listener = (event: Event) => {
            if (topics.some((topic) => (event as CustomEvent<Set<Topic>>).detail.has(topic)))
                act();
        };
        this.addEventListener('change', listener);
        return () => this.removeEventListener('change', listener);
    }

    private tell(...topics: Topic[]): void {
        if (this.changed.size === 0)
            setTimeout(() => {
                const detail = new Set(this.changed);
                this.changed.clear();
                this.dispatchEvent(new CustomEvent('change', { detail }));
            }, 30);
        for (const topic of topics) this.changed.add(topic);
    }

    get now(): string {
        return this.status?.now ?? new Date().toISOString();
    }

    /** Scores of a device since the page was opened. */
    samplesOf(id: string): Sample[] {
        return this.samples.get(id) ?? [];
    }

    private sample(id: string, score: number, time: string): void {
        const at = Date.parse(time) / 1000;
        if (!Number.isFinite(at)) return;
        const samples = this.samples.get(id) ?? [];
        const last = samples.at(-1);
        if (last && last.time >= at) last.score = score;
        else samples.push({ time: at, score });
        if (samples.length > kept.samples) samples.shift();
        this.samples.set(id, samples);
    }

    private take(device: Device, time = this.now): void {
        const old = this.devices.get(device.id);
        this.devices.set(device.id, old ? { ...old, ...device } : device);
        if (!old || old.score !== device.score) this.sample(device.id, device.score, time);
    }

    // --- reading ---

    /** The riskiest thousand, or all of them; one reading at a time. */
    readDevices(all: boolean): Promise<void> {
        const read = async () => {
            let cursor: string | null = null;
            const seen = new Set<string>();
            do {
                const query: string = cursor ? `&cursor=${cursor}` : '';
                const page: { devices: Device[]; next_cursor: string | null } =
                    await get(`/v1/devices?limit=1000${query}`);
                for (const device of page.devices) {
                    this.take(device);
                    seen.add(device.id);
                }
                cursor = page.next_cursor;
                this.tell('devices');
            } while (all && cursor);
            this.complete = cursor === null;
            if (this.complete)
                for (const id of this.devices.keys())
                    if (!seen.has(id)) this.devices.delete(id);
            this.tell('devices');
        };
        this.reading ??= read().finally(() => { this.reading = null; });
        return this.reading;
    }

    private async readFindings(): Promise<void> {
        const page = await get<{ findings: Finding[] }>('/v1/findings?limit=200');
        const known = new Set(this.findings.map((finding) => finding.id));
        if (known.size)
            for (const finding of page.findings)
                if (!known.has(finding.id)) this.fresh.add(finding.id);
        this.findings = page.findings;
        this.tell('findings');
    }

    private async readStatus(): Promise<void> {
        const status = await get<Status>('/v1/status');
        const old = this.status;
        this.status = status;
        this.rate.push({
            packets: Number(status.capture.packets), bytes: Number(status.capture.bytes),
            at: performance.now(),
        });
        if (this.rate.length > 61) this.rate.shift();
        if (!old || old.now !== status.now || old.ready !== status.ready)
            this.tell('status');
        // A replay is over, or another one answers: all is to be read again.
        if (old && !old.ready && status.ready) void this.readAll();
    }

    async readOverview(): Promise<void> {
        try {
            this.overview = await get<Overview>('/v1/overview');
            this.overviewProblem = null;
        } catch (error) {
            if (error instanceof Problem) this.overviewProblem = error;
        }
        this.tell('overview');
    }

    async readAll(): Promise<void> {
        await Promise.all([this.readStatus(), this.readFindings(), this.readOverview(),
            this.readDevices(this.complete)]);
    }

    // --- keeping up ---

    async start(): Promise<void> {
        await this.attempt(() => this.readAll());
        if (this.still) {
            this.tell('connection');
            return;
        }
        this.listen();
        this.rest();
        this.repeat(every.status_ms, () =>
            Promise.all([this.readStatus(), this.readOverview()]));
        this.repeat(every.list_ms, async () => {
            if (this.connection.is !== 'live')
                await Promise.all([this.readDevices(false), this.readFindings()]);
        });
        this.repeat(every.all_ms, () => this.readDevices(this.complete));
    }

    // A browser has few connections to a server: a page that nobody looks at gives its own back.
    private rest(): void {
        let hidden = 0;
        document.addEventListener('visibilitychange', () => {
            clearTimeout(hidden);
            if (document.hidden) {
                hidden = window.setTimeout(() => this.stream?.close(), every.hidden_ms);
            } else if (this.stream?.readyState === EventSource.CLOSED) {
                void this.attempt(() => this.readAll());
                this.listen();
            }
        });
    }

    private repeat(period_ms: number, act: () => Promise<unknown>): void {
        const again = async () => {
            if (!document.hidden) await this.attempt(act);
            const hasty = this.connection.is === 'broken';
            setTimeout(again, hasty ? Math.min(every.retry_ms, period_ms) : period_ms);
        };
        setTimeout(again, period_ms);
    }

    /** Do it; without an answer the page says so, and goes on showing what it has. */
    private async attempt(act: () => Promise<unknown>): Promise<void> {
        try {
            await act();
            if (this.connection.is === 'broken' && !this.streaming()) {
                this.connect(this.still ? { is: 'still' } : { is: 'asking' });
                if (!this.still) this.listen();
            }
        } catch (error) {
            this.refused = error instanceof Problem && error.status === 401;
            this.lose(error instanceof Error ? error.message : String(error));
        }
    }

    private connect(connection: Connection): void {
        this.connection = connection;
        this.tell('connection');
    }

    private lose(reason: string): void {
        const since = this.connection.is === 'broken' ? this.connection.since : Date.now();
        this.connect({ is: 'broken', since, reason });
    }

    private streaming(): boolean {
        return this.stream?.readyState === EventSource.OPEN;
    }

    // The browser itself comes back after a break, and says what it saw last; only a refusal is
    // final, and then the page asks instead, and tries the stream again when it was away.
    private listen(): void {
        this.stream?.close();
        const stream = new EventSource('/v1/events');
        let opened = false;
        this.stream = stream;
        stream.onopen = () => {
            this.connect({ is: 'live' });
            if (opened) void this.attempt(() => this.readAll());
            opened = true;
        };
        stream.onerror = () => {
            if (stream !== this.stream) return;
            if (stream.readyState === EventSource.CLOSED && !opened)
                this.connect({ is: 'asking' });
            else this.lose('The stream of events has stopped; trying again.');
            if (stream.readyState === EventSource.CLOSED && opened)
                setTimeout(() => stream === this.stream && this.listen(), every.retry_ms);
        };
        const on = (type: string, act: (data: Record<string, unknown>) => void) =>
            stream.addEventListener(type, (event) => {
                try {
                    act(JSON.parse((event as MessageEvent<string>).data));
                } catch { /* an event that cannot be read is made good by the next reading */ }
            });
        on('risk', (data) => this.takeRisk(data));
        on('device', (data) => {
            if (data.event === 'gone') {
                this.devices.delete(String(data.device));
                this.tell('devices');
            } else this.takeRisk(data);
        });
        on('finding', (data) => {
            const finding = data as unknown as Finding;
            if (this.findings.some((known) => known.id === finding.id)) return;
            this.fresh.add(finding.id);
            this.findings = [finding, ...this.findings].slice(0, kept.findings);
            this.tell('findings');
        });
        on('decision', (data) => {
            this.dispatchEvent(new CustomEvent('decision', { detail: data }));
            this.tell('decision');
        });
    }

    private takeRisk(data: Record<string, unknown>): void {
        const id = String(data.device ?? data.id ?? '');
        const old = this.devices.get(id);
        if (!id) return;
        if (!old) {
            void get<Device>(`/v1/devices/${encodeURIComponent(id)}`)
                .then((device) => { this.take(device); this.tell('devices'); }, () => {});
            return;
        }
        const factors = data.factors as { kind: string; text: string }[] | undefined;
        const { factors: _factors, device: _device, event: _event, ...rest } = data;
        this.take({
            ...old, ...(rest as Partial<Device>), id,
            ...(factors ? {
                top_factor: factors[0]?.kind ?? '', reason: factors[0]?.text ?? '',
            } : {}),
        }, typeof data.computed_at === 'string' ? data.computed_at : this.now);
        this.tell('devices');
    }
}

export const state = new State();
