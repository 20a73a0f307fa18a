// What a view is to the shell: it fills its place, and ends when another takes over.

export interface View {
    title: string;
    element: HTMLElement;
    end(): void;
}

export interface Place {
    view: string;   // "", "devices", "device", "map", "decisions"
    subject: string;
    query: string;
}

/** "#/device/ID?query" → its parts. Pure. */
export function parsePlace(hash: string): Place {
    const match = /^#?\/?([a-z]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(hash);
    if (!match) return { view: '', subject: '', query: '' };
    let subject = '';
    try {
        subject = decodeURIComponent(match[2] ?? '');
    } catch { /* not ours: no such device */ }
    return { view: match[1] ?? '', subject, query: match[3] ?? '' };
}

export function deviceLink(id: string): string {
    return `#/device/${encodeURIComponent(id)}`;
}
