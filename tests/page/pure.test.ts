// The page's functions that know no document.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from '../../web/ui/src/layout.ts';
import type { Device } from '../../web/ui/src/model.ts';
import { everything, fromQuery, matches, select, toQuery } from '../../web/ui/src/select.ts';
import { ago, clean, cut, duration, number, sentence, short, title } from '../../web/ui/src/text.ts';
import { deviceLink, parsePlace } from '../../web/ui/src/view.ts';
import { visibleRange } from '../../web/ui/src/virtual.ts';

function device(id: string, more: Partial<Device> = {}): Device {
    return {
        id, name: '', vendor: '', group: '', addresses: [], zone: '', state: 'active',
        score: 0, level: 'LOW', confidence: 0.5, last_seen: '2026-02-04T18:00:00.000Z', ...more,
    };
}

test('a name cannot deceive the eye', () => {
    assert.equal(clean('camera-1 höflich 摄像头 كاميرا'), 'camera-1 höflich 摄像头 كاميرا');
    assert.equal(clean('exe\u202egpj.scr'), 'exe\ufffdgpj.scr');
    assert.equal(clean('a\u0000b\nc\u200bd\u2066e\ufefff'), 'a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf');
    assert.equal(clean('x\u{e0041}'), 'x\ufffd');
    assert.equal(clean('e\u0301'), 'e\u0301');
    assert.equal(clean('z' + '\u0335'.repeat(40)), 'z\u0335\u0335');
});

test('what is too long is cut between characters, and says so', () => {
    assert.equal(cut('Brother printer', 15), 'Brother printer');
    assert.equal(cut('Brother printers', 15), 'Brother printe…');
    assert.equal(cut('a b c', 3), 'a…');
    assert.equal(cut('摄像头📷📷📷', 5), '摄像头📷…');
    assert.equal(sentence('élan'), 'Élan');
});

test('numbers are short', () => {
    assert.equal(number(1234567), '1,234,567');
    assert.equal(number(0.12345), '0.123');
    assert.equal(number(NaN), '–');
    assert.equal(short(999), '999');
    assert.equal(short(999.6), '1 k');
    assert.equal(short(26295248, 'B'), '26.3 MB');
    assert.equal(short(0, 'B'), '0 B');
});

test('time is told against the capture, not the clock', () => {
    const now = '2026-02-04T18:00:00.000Z';
    assert.equal(ago('2026-02-04T17:59:58Z', now), 'now');
    assert.equal(ago('2026-02-04T17:30:00Z', now), '30 min ago');
    assert.equal(ago('2026-01-28T18:00:00Z', now), '7 days ago');
    assert.equal(ago('1970-01-01T00:00:00Z', now), '–');
    assert.equal(ago(undefined, now), '–');
    assert.equal(duration(-5), '0 s');
    assert.equal(title('password_guessing'), 'Password guessing');
});

test('a device is found by any of its identities', () => {
    const camera = device('02:00:00:aa:bb:cc',
        { name: 'Camera-1', addresses: ['10.0.0.7'], vendor: 'AXIS', zone: 'lobby' });
    for (const text of ['camera', '02:00:00:AA', '020000aabbcc', '02-00-00-aa', '10.0.0.7',
        'axis lobby', 'CAMERA 0.7'])
        assert.ok(matches(camera, { ...everything(), text }), text);
    assert.ok(!matches(camera, { ...everything(), text: 'camera cellar' }));
    assert.ok(!matches(camera, { ...everything(), levels: new Set(['HIGH']) }));
    assert.ok(!matches(camera, { ...everything(), state: 'stale' }));
});

test('the order is one, whatever the order of arrival', () => {
    const all = Array.from({ length: 300 }, (_, i) =>
        device(`id-${i % 100}-${i}`, { score: (i * 37) % 50, name: i % 3 ? `n${i % 7}` : '' }));
    for (const sort of ['risk', 'name', 'zone', 'last_seen'] as const)
        for (const descending of [true, false]) {
            const selection = { ...everything(), sort, descending };
            assert.deepEqual(select(all, selection), select([...all].reverse(), selection));
        }
    const scores = select(all, everything()).map((one) => one.score);
    assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
    const names = select(all, { ...everything(), sort: 'name', descending: false });
    assert.equal(names.at(-1)!.name, '', 'those without a name come last');
});

test('a selection survives the address bar', () => {
    const selection = {
        ...everything(), text: 'a&b=ü', levels: new Set(['HIGH', 'CRITICAL'] as const),
        state: 'stale' as const, zone: 'z 1', sort: 'name' as const, descending: false,
    };
    assert.deepEqual(fromQuery(toQuery(selection)), selection);
    assert.deepEqual(fromQuery('level=NONE&state=x&sort=-nothing'), everything());
    assert.equal(toQuery(everything()), '');
});

test('places are read, whatever is written', () => {
    assert.deepEqual(parsePlace(''), { view: '', subject: '', query: '' });
    assert.deepEqual(parsePlace('#/devices?q=a'), { view: 'devices', subject: '', query: 'q=a' });
    const odd = 'fe80::1%/?#@zone';
    assert.equal(parsePlace(deviceLink(odd)).subject, odd);
    assert.equal(parsePlace('#/device/%E0%A4').subject, '');
    assert.equal(parsePlace('#//javascript:alert(1)').view, '');
});

test('only what is seen is in the document', () => {
    assert.deepEqual(visibleRange(0, 400, 40, 50000), [0, 16]);
    assert.deepEqual(visibleRange(40 * 49990, 400, 40, 50000), [49984, 50000]);
    assert.deepEqual(visibleRange(1e9, 400, 40, 3), [2, 3]);
    assert.deepEqual(visibleRange(0, 400, 40, 0), [0, 0]);
});

test('the map has room for everybody, and always the same', () => {
    const members = Array.from({ length: 1000 }, (_, i) => ({ id: `d${i}`, part: `zone ${i % 9}` }));
    const layout = layOut(members);
    assert.deepEqual(layOut(members), layout);
    for (const a of layout.parts) {
        assert.ok(a.x - a.r >= 0 && a.x + a.r <= layout.width, a.name);
        assert.ok(a.y - a.r >= 0 && a.y + a.r <= layout.height, a.name);
        for (const b of layout.parts)
            assert.ok(a === b || Math.hypot(a.x - b.x, a.y - b.y) > a.r + b.r, `${a.name} ${b.name}`);
    }
    for (const { id, part } of members) {
        const place = layout.places.get(id)!, disc = layout.parts.find((one) => one.name === part)!;
        assert.ok(Math.hypot(place.x - disc.x, place.y - disc.y) < disc.r, id);
    }
    const one = layOut([{ id: 'a', part: 'x' }]);
    assert.equal(one.places.size, 1);
    assert.ok(Number.isFinite(layOut([]).width));
});
