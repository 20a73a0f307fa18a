// A list of any length of which only what is seen is in the document. Rows are all of one
// height; they are taken again for other places as the list scrolls.

export interface RowMaker {
    make(): HTMLElement;
    /** Say what is at a place; called again whenever that may have changed. */
    fill(row: HTMLElement, index: number): void;
}

/** Which rows to have, [from, to): what is seen and a few on either side. Pure. */
export function visibleRange(
    top: number, height: number, row: number, count: number, spare = 6
): [number, number] {
    const from = Math.max(0, Math.floor(top / row) - spare);
    const to = Math.min(count, Math.ceil((top + height) / row) + spare);
    return [Math.min(from, Math.max(0, count - 1)), Math.max(0, to)];
}

export class VirtualList {
    private count = 0;
    private rows = new Map<number, HTMLElement>();
    private spare: HTMLElement[] = [];
    private frame = 0;
    private readonly observer: ResizeObserver;
    private readonly viewport: HTMLElement;
    private readonly body: HTMLElement;
    private readonly height: () => number;
    private readonly maker: RowMaker;

    constructor(
        viewport: HTMLElement, // scrolls
        body: HTMLElement,     // is as tall as all rows together
        height: () => number,  // of a row, in pixels
        maker: RowMaker,
    ) {
        this.viewport = viewport;
        this.body = body;
        this.height = height;
        this.maker = maker;
        viewport.addEventListener('scroll', () => this.soon(), { passive: true });
        this.observer = new ResizeObserver(() => this.draw(true));
        this.observer.observe(viewport);
    }

    close(): void {
        this.observer.disconnect();
        cancelAnimationFrame(this.frame);
    }

    set(count: number): void {
        this.count = count;
        this.draw(true);
    }

    rowAt(index: number): HTMLElement | undefined {
        return this.rows.get(index);
    }

    get range(): [number, number] {
        return visibleRange(this.viewport.scrollTop, this.viewport.clientHeight,
            this.height(), this.count, 0);
    }

    /** Scroll as little as brings the row into sight. */
    reveal(index: number): void {
        const row = this.height();
        const view = this.viewport;
        const head = this.body.offsetTop;
        const top = index * row;
        if (top < view.scrollTop) view.scrollTop = top;
        else if (top + row > view.scrollTop + view.clientHeight - head)
            view.scrollTop = top + row - view.clientHeight + head;
        this.draw(false);
    }

    private soon(): void {
        this.frame ||= requestAnimationFrame(() => {
            this.frame = 0;
            this.draw(false);
        });
    }

    private draw(again: boolean): void {
        const height = this.height();
        this.body.style.height = `${this.count * height}px`;
        const [from, to] = visibleRange(this.viewport.scrollTop,
            this.viewport.clientHeight, height, this.count);
        for (const [index, row] of this.rows)
            if (index < from || index >= to) {
                this.rows.delete(index);
                this.spare.push(row);
            }
        for (let index = from; index < to; index++) {
            let row = this.rows.get(index);
            const fresh = !row;
            if (!row) {
                row = this.spare.pop() ?? this.maker.make();
                if (!row.isConnected) this.body.append(row);
                this.rows.set(index, row);
            }
            if (fresh || again) {
                row.style.transform = `translateY(${index * height}px)`;
                this.maker.fill(row, index);
            }
        }
        for (const row of this.spare) row.remove();
    }
}
