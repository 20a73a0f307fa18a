// The document, made of elements and text and never of markup: whatever a name holds, it
// stays text.

import { clean } from './text.ts';
import type { Level } from './model.ts';

type Child = Node | string | number | false | null | undefined;
type Handler = (event: never) => void;
type Value = string | number | boolean | null | undefined | Handler;

function fill(element: Element, attributes: Record<string, Value>, children: Child[]) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (typeof value === 'function')
            element.addEventListener(name, value as EventListener);
        else
            element.setAttribute(name, value === true ? '' : clean(String(value)));
    }
    append(element, children);
}

export function append(parent: Element, children: Child[]): void {
    for (const child of children) {
        if (child === false || child === null || child === undefined) continue;
        parent.append(child instanceof Node ? child : clean(String(child)));
    }
}

/** An element with attributes (a function listens) and children; "li.quiet" has a class. */
export function h<K extends keyof HTMLElementTagNameMap>(
    tag: K | `${K}.${string}`, attributes: Record<string, Value> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
    const [name, ...classes] = tag.split('.');
    const element = document.createElement(name as K);
    if (classes.length) element.className = classes.join(' ');
    fill(element, attributes, children);
    return element;
}

export function svg(
    tag: string, attributes: Record<string, Value> = {}, ...children: Child[]
): SVGElement {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    fill(element, attributes, children);
    return element;
}

/** Replace what an element holds; nothing is touched while it reads the same. */
const shown = new WeakMap<Element, string>();
export function show(element: Element, version: string, make: () => Child[]): boolean {
    if (shown.get(element) === version) return false;
    shown.set(element, version);
    element.replaceChildren();
    append(element, make());
    return true;
}

/** A name from the network: set apart, so that its direction of writing cannot spread. */
export function name(text: string): HTMLElement {
    return h('bdi', { title: text.length > 24 ? text : null }, text);
}

/** A level by shape as well as by colour. */
export function glyph(level: Level | string): SVGElement {
    const picture = svg('svg', { class: 'glyph', viewBox: '0 0 16 16', 'aria-hidden': 'true' });
    const paths: Record<string, SVGElement[]> = {
        CRITICAL: [svg('path', { d: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z', fill: 'currentColor' }),
            svg('path', { d: 'M8 4.2v4.6M8 11v1.4', class: 'inset' })],
        HIGH: [svg('path', { d: 'M8 1.5 15.2 14.5H.8z', fill: 'currentColor' })],
        MEDIUM: [svg('path', { d: 'M8 1l7 7-7 7-7-7z', fill: 'currentColor' })],
        LOW: [svg('circle', { cx: 8, cy: 8, r: 5, fill: 'currentColor' })],
        UNKNOWN: [svg('circle', { cx: 8, cy: 8, r: 5, class: 'dashed' })],
    };
    picture.append(...(paths[level] ?? paths.UNKNOWN!));
    return picture;
}

/** Shape, colour and word. */
export function badge(level: Level | string): HTMLElement {
    return h('span.level', { 'data-is': level }, glyph(level), h('span', {}, level));
}

/** What a place without content says: what is missing, why, and what to do. */
export function empty(headline: string, ...why: Child[]): HTMLElement {
    return h('div.empty', {}, h('p.headline', {}, headline), h('p', {}, ...why));
}

export function card(
    heading: string, attributes: Record<string, Value>, ...children: Child[]
): HTMLElement {
    const id = `h-${heading.toLowerCase().replace(/[^a-z]+/g, '-')}`;
    return h('section.card', { 'aria-labelledby': id, ...attributes },
        h('h2', { id }, heading), ...children);
}
