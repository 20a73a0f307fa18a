// Asking the server.

export class Problem extends Error {
    readonly status: number; // 0: no answer at all
    readonly body: Record<string, unknown>;
    constructor(status: number, message: string, body: Record<string, unknown> = {}) {
        super(message);
        this.status = status;
        this.body = body;
    }
    /** The server is older than the page's wish, or was built or started without it. */
    get absent(): boolean {
        return this.status === 404 || this.status === 405 || this.status === 501;
    }
}

/** Told when the server wants to know who asks. */
export const unauthorized = new EventTarget();

async function ask(path: string, init: RequestInit): Promise<unknown> {
    let answer: Response;
    try {
        answer = await fetch(path, { ...init, credentials: 'same-origin' });
    } catch {
        throw new Problem(0, 'wary does not answer. Is it still running?');
    }
    const text = await answer.text();
    let body: unknown = null;
    try {
        body = text ? JSON.parse(text) : null;
    } catch {
        if (answer.ok) throw new Problem(answer.status, 'The answer is no JSON.');
    }
    if (answer.ok) return body;
    if (answer.status === 401) unauthorized.dispatchEvent(new Event('unauthorized'));
    const problem = (body ?? {}) as Record<string, unknown>;
    const detail = typeof problem.detail === 'string' ? problem.detail : answer.statusText;
    throw new Problem(answer.status, detail || `HTTP ${answer.status}`, problem);
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return ask(path, { signal: signal ?? null }) as Promise<T>;
}

/** A write: JSON alone, which no foreign page can send without being asked first. */
export function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: unknown) {
    return ask(path, {
        method,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    }) as Promise<T>;
}

export function devicePath(id: string, rest = ''): string {
    return `/v1/devices/${encodeURIComponent(id)}${rest}`;
}
