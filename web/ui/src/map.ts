// Who talks to whom, part by part; what no rule allows is red. Drawn on a canvas, said in a
// table.

import { get, Problem } from './api.ts';
import { card, empty, h, name, show } from './dom.ts';
import { layOut, type Layout } from './layout.ts';
import { bounds, nameOf, type MapEdge, type MapNode, type NetworkMap } from './model.ts';
import { state } from './state.ts';
import { clean, cut, number, plural, short } from './text.ts';
import { deviceLink, type View } from './view.ts';

const every_ms = 10000, shownOutside = 60;
const outside = 'internet';
type By = 'zone' | 'group' | 'vendor';

interface Node { id: string; label: string; part: string; device: MapNode | null }
interface Edge { from: string; to: string; bytes: number; violation: boolean; text: string }

/** The edges between what is drawn: peers outside are drawn where they matter most. Pure. */
export function gather(map: NetworkMap, partOf: (node: MapNode) => string) {
    const nodes = new Map<string, Node>();
    for (const device of map.devices)
        nodes.set(device.id, { id: device.id, label: nameOf(device), part: partOf(device), device });
    const weight = new Map<string, number>();
    for (const edge of map.edges as (MapEdge & { peer: string })[])
        if (!edge.to || !nodes.has(edge.to))
            weight.set(edge.peer, (weight.get(edge.peer) ?? 0) + Number(edge.bytes) + (edge.violation ? 1e15 : 0));
    const kept = new Set([...weight].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, shownOutside).map(([peer]) => peer));
    const edges = new Map<string, Edge>();
    for (const edge of map.edges as (MapEdge & { peer: string })[]) {
        if (!nodes.has(edge.from)) continue;
        let to = edge.to && nodes.has(edge.to) ? edge.to : '';
        if (!to) {
            const peer = kept.has(edge.peer) ? edge.peer : 'all others';
            to = `outside ${peer}`;
            if (!nodes.has(to)) nodes.set(to, { id: to, label: peer, part: outside, device: null });
        }
        // Both ends tell of what they say to each other; a violation has a direction.
        const key = edge.violation || edge.from < to ? `${edge.from}\n${to}` : `${to}\n${edge.from}`;
        const old = edges.get(key);
        edges.set(key, {
            from: edge.violation || !old ? edge.from : old.from,
            to: edge.violation || !old ? to : old.to,
            bytes: Math.max(old?.bytes ?? 0, Number(edge.bytes)),
            violation: edge.violation || (old?.violation ?? false),
            text: edge.text ?? old?.text ?? '',
        });
    }
    return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

export function mapView(): View {
    let map: NetworkMap | null = null;
    let nodes: Node[] = [], edges: Edge[] = [];
    let layout: Layout | null = null;
    let by: By = 'zone', chosenBy = false;
    let over: Node | null = null;
    let view = { x: 0, y: 0, scale: 1 };
    let touched = false, frame = 0, ended = false, timer = 0;

    const canvas = h('canvas', { role: 'img', id: 'map-canvas' });
    const tip = h('div.tip', { hidden: true });
    const stage = h('div.stage', {}, canvas, tip);
    const choice = h('select', { id: 'map-by', 'aria-label': 'Parts' },
        ...(['zone', 'group', 'vendor'] as const).map((value) => h('option', { value }, `By ${value}`)));
    const only = h('input', { type: 'checkbox', id: 'map-only' });
    const fit = h('button.button', { type: 'button' }, 'Fit');
    const note = h('p.tally', { role: 'status' });
    const problem = h('div');
    const violations = h('div'), matrix = h('div.scroll-x', { tabindex: 0, role: 'region', 'aria-label': 'Who talks to whom' });
    const element = h('div.view.map-view', {},
        h('div.toolbar', {}, choice, h('label.check', { for: 'map-only' }, only, 'Violations only'), fit),
        note, problem, stage,
        card('What no rule allows', {}, violations),
        card('Connections between parts', {}, matrix));

    const style = (variable: string) => {
        tip.style.color = `var(--${variable})`;
        const value = getComputedStyle(tip).color;
        tip.style.color = '';
        return value;
    };

    function partOf(node: MapNode): string {
        if (by === 'zone') return node.zone || 'no zone';
        if (by === 'group') return node.group || 'no group';
        return state.devices.get(node.id)?.vendor.split(/[ ,]/)[0] || 'unknown vendor';
    }

    function prepare(): void {
        if (!map) return;
        if (!chosenBy)
            by = map.devices.some((node) => node.zone) ? 'zone'
                : map.devices.some((node) => node.group) ? 'group' : 'vendor';
        choice.value = by;
        ({ nodes, edges } = gather(map, partOf));
        layout = layOut(nodes);
        const bad = edges.filter((edge) => edge.violation);
        note.textContent = `${plural(map.devices.length, 'device')}${map.truncated ? ' (the riskiest)' : ''}, `
            + `${plural(edges.length, 'connection')}, ${bad.length ? plural(bad.length, 'violation') : 'no violation'}`;
        canvas.setAttribute('aria-label', `${note.textContent}; the tables below say the same.`);
        tell(bad);
        if (!touched) fitView();
        draw();
    }

    const label = new Map<string, Node>();
    function tell(bad: Edge[]): void {
        label.clear();
        for (const node of nodes) label.set(node.id, node);
        const link = (id: string) => {
            const node = label.get(id)!;
            return node.device ? h('a', { href: deviceLink(id), 'data-device': id, 'data-level': node.device.level }, name(node.label)) : name(node.label);
        };
        show(violations, JSON.stringify(bad), () => bad.length === 0
            ? [empty('Nothing', 'Zones and what they may open to each other are set in the configuration; '
                + 'without them everything may talk to everything. See docs/zones.md.')]
            : [h('ol.changes', {}, ...bad.slice(0, 50).map((edge) => h('li', {},
                h('span.level', { 'data-is': 'CRITICAL' }, '✕'), link(edge.from), h('span.quiet', {}, 'to'), link(edge.to),
                h('span.quiet', {}, edge.text))))]);
        const cells = new Map<string, { n: number; bytes: number; bad: number }>();
        const partNames = [...new Set(nodes.map((node) => node.part))].sort();
        for (const edge of edges) {
            const pair = [label.get(edge.from)!.part, label.get(edge.to)!.part];
            if (pair[0]! > pair[1]!) pair.reverse();
            const key = pair.join('\n');
            const cell = cells.get(key) ?? { n: 0, bytes: 0, bad: 0 };
            cell.n++;
            cell.bytes += edge.bytes;
            cell.bad += edge.violation ? 1 : 0;
            cells.set(key, cell);
        }
        const rows = [...cells].sort((a, b) => b[1].bad - a[1].bad || b[1].bytes - a[1].bytes);
        show(matrix, JSON.stringify([rows, partNames]), () => [h('table.pairs', {},
            h('thead', {}, h('tr', {}, ...['Between', 'and', 'Connections', 'Traffic', 'Violations'].map((head) => h('th', { scope: 'col' }, head)))),
            h('tbody', {}, ...rows.slice(0, 100).map(([key, cell]) => {
                const [a, b] = key.split('\n');
                return h('tr', {}, h('td', {}, name(a!)), h('td', {}, name(b!)), h('td.number', {}, number(cell.n)),
                    h('td.number', {}, short(cell.bytes, 'B')),
                    h('td.number', {}, cell.bad ? h('b.bad', {}, number(cell.bad)) : '–'));
            })))]);
    }

    // --- the picture ---

    function fitView(): void {
        if (!layout) return;
        const scale = Math.min(canvas.clientWidth / layout.width, canvas.clientHeight / layout.height, 2.4);
        view = {
            scale,
            x: (canvas.clientWidth - layout.width * scale) / 2,
            y: (canvas.clientHeight - layout.height * scale) / 2,
        };
    }

    function draw(): void {
        frame ||= requestAnimationFrame(() => { frame = 0; paint(); });
    }

    function curve(ctx: CanvasRenderingContext2D, edge: Edge): void {
        const a = layout!.places.get(edge.from), b = layout!.places.get(edge.to);
        if (!a || !b) return;
        // Bent towards the middle, so that what runs side by side can be told apart.
        const bend = 0.22;
        const x = (a.x + b.x) / 2 + (layout!.width / 2 - (a.x + b.x) / 2) * bend;
        const y = (a.y + b.y) / 2 + (layout!.height / 2 - (a.y + b.y) / 2) * bend;
        ctx.moveTo(a.x, a.y);
        ctx.quadraticCurveTo(x, y, b.x, b.y);
    }

    function mark(ctx: CanvasRenderingContext2D, node: Node, r: number): void {
        const { x, y } = layout!.places.get(node.id)!;
        const level = node.device?.level;
        ctx.beginPath();
        if (level === 'CRITICAL') ctx.rect(x - r, y - r, 2 * r, 2 * r);
        else if (level === 'HIGH') {
            ctx.moveTo(x, y - 1.2 * r);
            ctx.lineTo(x + 1.1 * r, y + r);
            ctx.lineTo(x - 1.1 * r, y + r);
        } else if (level === 'MEDIUM') {
            ctx.moveTo(x, y - 1.25 * r);
            ctx.lineTo(x + 1.25 * r, y);
            ctx.lineTo(x, y + 1.25 * r);
            ctx.lineTo(x - 1.25 * r, y);
        } else ctx.arc(x, y, node.device ? r * 0.85 : r * 0.6, 0, 7);
        ctx.fill();
    }

    function paint(): void {
        if (!layout || ended) return;
        const ratio = devicePixelRatio;
        const width = canvas.clientWidth, height = canvas.clientHeight;
        if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
            canvas.width = Math.round(width * ratio);
            canvas.height = Math.round(height * ratio);
        }
        const ctx = canvas.getContext('2d')!;
        const colours = Object.fromEntries(['text', 'quiet', 'line', 'surface', 'raised', 'accent', 'critical', 'high',
            'medium', 'low', 'unknown'].map((variable) => [variable, style(variable)])) as Record<string, string>;
        ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
        ctx.clearRect(0, 0, width, height);
        ctx.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
        const px = 1 / view.scale;
        for (const part of layout.parts) {
            ctx.beginPath();
            ctx.arc(part.x, part.y, part.r, 0, 7);
            ctx.fillStyle = colours.raised!;
            ctx.fill();
            ctx.strokeStyle = colours.line!;
            ctx.lineWidth = px;
            ctx.stroke();
        }
        const quietEdges = only.checked ? [] : edges.filter((edge) => !edge.violation);
        const near = over ? quietEdges.filter((edge) => edge.from === over!.id || edge.to === over!.id) : [];
        ctx.strokeStyle = colours.quiet!;
        ctx.lineWidth = px;
        ctx.globalAlpha = over ? 0.08 : Math.max(0.12, Math.min(0.45, 60 / (edges.length + 1)));
        ctx.beginPath();
        for (const edge of quietEdges) curve(ctx, edge);
        ctx.stroke();
        ctx.globalAlpha = 1;
        ctx.strokeStyle = colours.accent!;
        ctx.lineWidth = 1.5 * px;
        ctx.beginPath();
        for (const edge of near) curve(ctx, edge);
        ctx.stroke();
        ctx.strokeStyle = colours.critical!;
        ctx.lineWidth = 2.2 * px;
        ctx.beginPath();
        for (const edge of edges) if (edge.violation) curve(ctx, edge);
        ctx.stroke();
        const r = Math.max(4, 3 * px);
        for (const node of nodes) {
            ctx.fillStyle = colours[(node.device?.level ?? 'quiet').toLowerCase()]!;
            mark(ctx, node, node === over ? 1.5 * r : r);
        }
        names(ctx, colours, near, r);
    }

    function names(ctx: CanvasRenderingContext2D, colours: Record<string, string>, near: Edge[], r: number): void {
        const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
        ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
        const at = (x: number, y: number) => [view.x + x * view.scale, view.y + y * view.scale] as const;
        // Where something is written already, nothing is written over it.
        const taken: { left: number; right: number; y: number }[] = [];
        const write = (text: string, x: number, y: number, colour: string, bold = false) => {
            ctx.font = `${bold ? 650 : 450} ${Math.round(0.82 * rem)}px system-ui, sans-serif`;
            ctx.lineWidth = 3;
            ctx.strokeStyle = colours.surface!;
            ctx.fillStyle = colour;
            const short = cut(text, 28);
            const wide = ctx.measureText(short).width;
            const left = ctx.textAlign === 'center' ? x - wide / 2 : x;
            const here = { left, right: left + wide, y };
            if (taken.some((other) => Math.abs(other.y - y) < rem && other.left < here.right && here.left < other.right)) return;
            taken.push(here);
            ctx.strokeText(short, x, y);
            ctx.fillText(short, x, y);
        };
        ctx.lineJoin = 'round';
        ctx.textAlign = 'center';
        for (const part of layout!.parts) {
            const [x, y] = at(part.x, part.y - part.r);
            write(`${cut(part.name, 24)} · ${part.count}`, x, y - 6, colours.text!, true);
        }
        const told = new Set<string>(over ? [over.id] : []);
        for (const edge of near) {
            told.add(edge.from);
            told.add(edge.to);
        }
        for (const edge of edges) if (edge.violation) told.add(edge.from);
        for (const node of nodes)
            if (node.device && node.device.score >= bounds.MEDIUM) told.add(node.id);
        ctx.textAlign = 'left';
        let left = 60;
        for (const node of nodes) {
            if (!told.has(node.id) && !(view.scale > 2 && nodes.length < 120)) continue;
            if (left-- <= 0) break;
            const place = layout!.places.get(node.id)!;
            const [x, y] = at(place.x, place.y);
            write(node.label, x + r * view.scale + 4, y + 4, node === over ? colours.accent! : colours.text!, node === over);
        }
    }

    function nodeAt(event: MouseEvent): Node | null {
        if (!layout) return null;
        const box = canvas.getBoundingClientRect();
        const x = (event.clientX - box.left - view.x) / view.scale, y = (event.clientY - box.top - view.y) / view.scale;
        let best: Node | null = null, least = (12 / view.scale) ** 2 + 20;
        for (const node of nodes) {
            const place = layout.places.get(node.id)!;
            const far = (place.x - x) ** 2 + (place.y - y) ** 2;
            if (far < least) [best, least] = [node, far];
        }
        return best;
    }

    // --- hands ---

    let drag: { x: number; y: number } | null = null, moved = false;
    canvas.addEventListener('pointerdown', (event) => {
        drag = { x: event.clientX, y: event.clientY };
        moved = false;
        canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
        if (drag && event.buttons) {
            const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
            if (!moved && Math.hypot(dx, dy) < 4) return;
            moved = touched = true;
            view.x += dx;
            view.y += dy;
            drag = { x: event.clientX, y: event.clientY };
            return draw();
        }
        const node = nodeAt(event);
        if (node !== over) {
            over = node;
            canvas.classList.toggle('pointing', node?.device != null);
            draw();
        }
        tip.hidden = !node;
        if (node) {
            tip.textContent = clean(node.device
                ? `${node.label}: ${node.device.level} ${node.device.score}` : node.label);
            tip.style.transform = `translate(${event.offsetX + 14}px, ${event.offsetY + 10}px)`;
        }
    });
    canvas.addEventListener('pointerleave', () => { over = null; tip.hidden = true; draw(); });
    canvas.addEventListener('pointerup', (event) => {
        const node = moved ? null : nodeAt(event);
        drag = null;
        if (node?.device) location.hash = deviceLink(node.id);
    });
    canvas.addEventListener('wheel', (event) => {
        event.preventDefault();
        touched = true;
        const factor = Math.exp(-event.deltaY / 500);
        const scale = Math.max(0.1, Math.min(8, view.scale * factor));
        view.x = event.offsetX - (event.offsetX - view.x) * (scale / view.scale);
        view.y = event.offsetY - (event.offsetY - view.y) * (scale / view.scale);
        view.scale = scale;
        draw();
    }, { passive: false });
    choice.addEventListener('change', () => { by = choice.value as By; chosenBy = true; touched = false; prepare(); });
    only.addEventListener('change', draw);
    fit.addEventListener('click', () => { touched = false; fitView(); draw(); });
    addEventListener('themechange', draw);
    const observer = new ResizeObserver(() => { if (!touched) fitView(); draw(); });
    observer.observe(stage);

    async function read(): Promise<void> {
        try {
            map = await get<NetworkMap>('/v1/map');
            if (ended) return;
            show(problem, '', () => []);
            stage.hidden = map.devices.length === 0;
            if (map.devices.length === 0)
                show(problem, 'none', () => [empty('Nobody talks yet', 'The map grows with the devices that are heard.')]);
            prepare();
        } catch (error) {
            if (!map && error instanceof Problem)
                show(problem, error.message, () => [empty('The map cannot be read', error.message)]);
        }
        if (!ended && !state.still) timer = window.setTimeout(() => void read(), every_ms);
    }
    void read();
    return {
        title: 'Map',
        element,
        end: () => {
            ended = true;
            clearTimeout(timer);
            cancelAnimationFrame(frame);
            observer.disconnect();
            removeEventListener('themechange', draw);
        },
    };
}
