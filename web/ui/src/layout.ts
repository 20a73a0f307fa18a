// Where parts of a network and their members are drawn. Pure; the same input, the same place.

export interface Member { id: string; part: string }
export interface Part { name: string; x: number; y: number; r: number; count: number }
export interface Layout {
    parts: Part[];
    places: Map<string, { x: number; y: number }>;
    width: number;
    height: number;
}

const golden = Math.PI * (3 - Math.sqrt(5));
const dot = 9;   // between neighbours in a part
const gap = 46;  // between parts; their names stand there

function radius(count: number): number {
    return dot * Math.sqrt(Math.max(count, 3)) + 16;
}

/** Each part is a disc with room for its members, the discs in a ring; two stand side by side. */
export function layOut(members: Member[]): Layout {
    const counts = new Map<string, number>();
    for (const { part } of members) counts.set(part, (counts.get(part) ?? 0) + 1);
    const parts = [...counts].sort((a, b) => a[0] < b[0] ? -1 : 1)
        .map(([name, count]) => ({ name, count, x: 0, y: 0, r: radius(count) }));
    if (parts.length <= 2) {
        let x = 0;
        for (const part of parts) {
            part.x = x + part.r;
            x += 2 * part.r + 2 * gap;
        }
    } else {
        // Each takes as much of the ring as it is wide.
        const around = parts.reduce((sum, part) => sum + 2 * part.r + gap, 0);
        const widest = Math.max(...parts.map((part) => part.r));
        const ring = Math.max(around / (2 * Math.PI), widest * 1.15);
        let angle = -Math.PI / 2;
        for (const part of parts) {
            const share = ((2 * part.r + gap) / around) * 2 * Math.PI;
            angle += share / 2;
            part.x = 1.6 * ring * Math.cos(angle); // screens are wide
            part.y = ring * Math.sin(angle);
            angle += share / 2;
        }
    }
    const left = Math.min(...parts.map((part) => part.x - part.r), 0) - gap;
    const top = Math.min(...parts.map((part) => part.y - part.r), 0) - gap;
    for (const part of parts) {
        part.x -= left;
        part.y -= top;
    }
    const places = new Map<string, { x: number; y: number }>();
    const filled = new Map<string, number>();
    const byName = new Map(parts.map((part) => [part.name, part]));
    for (const { id, part: name } of members) {
        const part = byName.get(name)!;
        const i = filled.get(name) ?? 0;
        filled.set(name, i + 1);
        const r = part.count === 1 ? 0 : dot * Math.sqrt(i + 0.5);
        places.set(id, { x: part.x + r * Math.cos(i * golden), y: part.y + r * Math.sin(i * golden) });
    }
    return {
        parts, places,
        width: Math.max(...parts.map((part) => part.x + part.r), 1) + gap,
        height: Math.max(...parts.map((part) => part.y + part.r), 1) + gap,
    };
}
