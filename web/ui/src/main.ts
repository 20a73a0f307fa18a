// The page: a frame, and one view at a time, named by the address after '#'.

import './page.css';
import { decisionsView } from './decisions.ts';
import { deviceView } from './device.ts';
import { devicesView } from './devices.ts';
import { h } from './dom.ts';
import { mapView } from './map.ts';
import { overviewView } from './overview.ts';
import { shell } from './shell.ts';
import { state } from './state.ts';
import { parsePlace, type View } from './view.ts';

const main = h('main');
let frame: ((view: string, title: string) => void) | null = null;
let current: View | null = null;

function open(first: boolean): void {
    const place = parsePlace(location.hash);
    const next = place.view === 'devices' ? devicesView(place.query)
        : place.view === 'device' && place.subject ? deviceView(place.subject)
            : place.view === 'map' ? mapView()
                : place.view === 'decisions' ? decisionsView(place.query)
                    : overviewView();
    current?.end();
    current = next;
    main.replaceChildren(next.element);
    frame?.(place.view, next.title);
    if (first) return;
    scrollTo(0, 0);
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}

// The server's own table stays until there is something better to show.
void state.start().finally(() => {
    frame = shell(main);
    open(true);
    addEventListener('hashchange', () => open(false));
    document.documentElement.dataset.ready = 'true';
});
