import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { barriers, invent, launch, look, open, pause, pretend, serve, wire } from './common.mjs';

const { events } = JSON.parse(readFileSync(process.env.LABELS, 'utf8'));
const scanner = events.find((event) => event.what === 'address-scan').devices[0];
const views = ['#/', '#/devices', `#/device/${encodeURIComponent(scanner)}`, '#/map', '#/decisions'];

let browser, wary;
before(async () => { [browser, wary] = await Promise.all([launch(), serve()]); });
after(async () => { await browser?.close(); await wary?.stop(); });

/** Another view of the page that is open, without loading it again. */
async function visit(page, view) {
    await page.evaluate((hash) => { location.hash = hash; }, view);
    await page.waitForFunction(() => document.querySelector('main > .view'));
    await pause(400);
}

/** A page of its own for a test, without faults at its end. */
function page(name, act, options) {
    test(name, async () => {
        const page = await look(browser, options);
        try {
            await act(page);
            assert.deepEqual(page.faults, []);
        } finally {
            await page.context().close();
        }
    });
}

describe('an operator', () => {
    page('finds the attacker in two clicks and reads why', async (page) => {
        await open(page, `${wary.url}/`);
        await page.click(`.risk-card[data-device="${scanner}"]`);
        await page.waitForSelector(`.headline-card[data-device="${scanner}"]`);
        const kinds = await page.locator('.factor').evaluateAll((items) => items.map((item) => item.dataset.kind));
        assert.ok(kinds.includes('scan'), kinds.join());
        assert.match(await page.textContent('.factor[data-kind=scan]'), /addresses that did not answer/);
        const points = await page.locator('.factor .points b').allTextContents();
        const score = Number(await page.textContent('#score'));
        assert.equal(points.reduce((sum, text) => sum + Number(text), 0), score);
        // Its course: the line rose to the score within the last hours, with its findings.
        await page.waitForFunction(() => /highest [3-9][0-9]|highest 100/.test(document.querySelector('.course').ariaLabel));
        assert.match(await page.getAttribute('.course', 'aria-label'), /[1-9][0-9]* finding/);
        // What is usual for it: bands, hours of the week, sizes.
        await page.waitForSelector('.bands .band');
        assert.equal(await page.locator('.heat rect').count(), 7 * 24);
        assert.equal(await page.locator('.histogram').count(), 2);
    });

    page('gives a verdict and sees the score react', async (page) => {
        const { devices } = await (await fetch(`${wary.url}/v1/devices?limit=100`)).json();
        // The least of them: what holds a score at its top from several sides holds it without one.
        const one = devices.filter((device) => device.score >= 30 && device.id !== scanner).at(-1);
        await open(page, `${wary.url}/#/device/${encodeURIComponent(one.id)}`);
        await page.waitForSelector('.finding-row');
        const score = async () => Number(await page.textContent('#score'));
        const before = await score();
        assert.ok(before >= 30);
        const kind = await page.getAttribute('.factor >> nth=0', 'data-kind');
        const { findings } = await (await fetch(`${wary.url}/v1/findings?device=${one.id}&kind=${kind}`)).json();
        const row = `#finding-${findings[0].id}`;
        if (!await page.locator(`${row}[open]`).count()) await page.click(`${row} summary`);
        await page.fill(`${row} [name=by]`, 'ann');
        await page.fill(`${row} [name=note]`, 'our own');
        await page.click(`${row} [data-verdict=benign]`);
        await page.waitForSelector('.toast');
        assert.match(await page.textContent('.toast'), /benign/);
        await page.waitForFunction((old) => Number(document.getElementById('score').textContent) < old, before);
    });

    page('says what it is called, and asks it to learn anew', async (page) => {
        await open(page, `${wary.url}/#/device/${encodeURIComponent(scanner)}`);
        await page.waitForSelector('[name=criticality]');
        await page.fill('form [name=name]', 'the thermometer');
        await page.selectOption('form [name=criticality]', 'high');
        await page.click('text=Save');
        await page.waitForFunction(() => document.querySelector('h1').textContent === 'the thermometer');
        await page.fill('form [name=reason]', 'moved');
        await page.click('button >> text=Relearn');
        await page.waitForSelector('text=Relearning');
    });

    page('goes from a finding to its device', async (page) => {
        await open(page, `${wary.url}/`);
        await page.click('.finding >> nth=0');
        await page.waitForSelector('.headline-card');
        assert.ok(await page.locator('.finding-row').count() > 0);
    });

    page('finds a device by any identity', async (page) => {
        const { devices } = await (await fetch(`${wary.url}/v1/devices?limit=100`)).json();
        const found = async (text) => (await fetch(`${wary.url}/v1/devices/${encodeURIComponent(text)}`)).ok;
        let one; // some share an address or a name, for a while
        for (const device of devices)
            if (!one && device.name && device.addresses.length && await found(device.name) && await found(device.addresses[0]))
                one = device;
        await open(page, `${wary.url}/`);
        for (const text of [one.name, one.addresses[0], one.id.toUpperCase().replaceAll(':', '-')]) {
            await page.keyboard.press('/');
            await page.keyboard.type(text);
            await page.keyboard.press('Enter');
            await page.waitForSelector(`.headline-card[data-device="${one.id}"]`);
            await page.click('.brand');
        }
        await page.fill('#search', 'nobody-is-called-so');
        await page.press('#search', 'Enter');
        await page.waitForSelector('text=No device fits');
    });

    page('filters and sorts the table, by keyboard too', async (page) => {
        await open(page, `${wary.url}/#/devices`);
        await page.waitForSelector('.rows .row');
        const all = await page.locator('.rows .row').count();
        await page.fill('#device-filter', scanner);
        await page.waitForFunction(() => document.querySelectorAll('.rows .row').length === 1);
        await page.fill('#device-filter', '');
        await page.waitForFunction((n) => document.querySelectorAll('.rows .row').length === n, all);
        await page.click('.head .c-name button');
        assert.equal(await page.getAttribute('.head .c-name', 'aria-sort'), 'ascending');
        const names = await page.locator('.rows .row').evaluateAll((rows) => rows
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.querySelector('a').textContent));
        assert.ok(names.length > 5);
        await page.focus('#device-grid');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.headline-card');
    });

    page('sees who talks to whom, and comes from there to a device', async (page) => {
        await open(page, `${wary.url}/#/map`);
        await page.waitForFunction(() => /connection/.test(document.querySelector('.tally')?.textContent));
        const ink = await page.evaluate(async () => {
            await new Promise(requestAnimationFrame);
            const canvas = document.getElementById('map-canvas');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let i = 3; i < data.length; i += 4) n += data[i] > 0;
            return n / (data.length / 4);
        });
        assert.ok(ink > 0.02, `only ${ink} of the canvas is drawn on`);
        assert.ok(await page.locator('.pairs tbody tr').count() > 0);
    });
});

describe('a decision', () => {
    const ask = (id) => fetch(`${wary.url}/access/v1/evaluation`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
            subject: { type: 'device', id }, action: { name: 'connect' }, resource: { type: 'service', id: 'tcp/8443', properties: { criticality: 'high' } },
        }),
    });

    page('shows in the audit as it is given, and on the page of the device that was denied', async (page) => {
        await open(page, `${wary.url}/#/decisions`);
        await page.selectOption('#audit-api', 'evaluation');
        await page.waitForSelector('text=Nobody has asked yet');
        await ask(scanner);
        await page.waitForSelector('.audit tbody tr', { timeout: 10000 });
        assert.match(await page.textContent('.audit tbody tr >> nth=0'), /deny.*tcp\/8443/);
        await page.click('.audit tbody a >> nth=0');
        await page.waitForSelector('.decision-list li');
        assert.match(await page.textContent('.decision-list li >> nth=0'), /deny.*tcp\/8443/);
    });

    page('can be tried without effect', async (page) => {
        const audited = async () => (await (await fetch(`${wary.url}/v1/audit?api=evaluation`)).json()).decisions.length;
        const before = await audited();
        await open(page, `${wary.url}/#/decisions`);
        await page.fill('[name=subject]', scanner);
        await page.selectOption('.result >> xpath=.. >> [name=criticality]', 'high');
        await page.click('text=Try >> nth=-1');
        await page.waitForSelector('text=It would be kept out');
        assert.match(await page.textContent('.result'), /at or above the limit/);
        assert.equal(await audited(), before);
    });
});

describe('who is asked for a token', () => {
    page('signs in, looks, and signs out', async (page) => {
        const guarded = await serve('-c', process.env.GUARDED);
        try {
            await open(page, `${guarded.url}/`);
            await page.waitForSelector('#door[open]');
            assert.equal(await page.locator('[data-device]').count(), 0);
            await page.fill('#token', 'a guess');
            await page.click('#door button');
            await page.waitForSelector('text=No such token is known');
            await page.fill('#token', 'the-token-of-a-test');
            await page.click('#door button');
            await page.waitForSelector(`.tile[data-device="${scanner}"]`);
            assert.match(await page.textContent('.who-am-i'), /tester/);
            const [cookie] = await page.context().cookies();
            assert.equal(cookie.name, '__Host-wary');
            assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict');
            await page.click('#sign-out');
            await page.waitForSelector('#door[open]');
            assert.equal(await page.locator('[data-device]').count(), 0);
        } finally {
            await guarded.stop();
        }
    });
});

describe('a still', () => {
    page('has every device in it, and no stream', async (page) => {
        const asked = [];
        page.on('request', (request) => asked.push(new URL(request.url()).pathname));
        const { devices } = await (await fetch(`${wary.url}/v1/devices?limit=1000`)).json();
        await open(page, `${wary.url}/?live=0`);
        const first = asked.length;
        const shown = await page.locator('.tile[data-device]').evaluateAll((tiles) =>
            tiles.map((tile) => [tile.dataset.device, tile.dataset.level]));
        assert.deepEqual(new Map(shown), new Map(devices.map((device) => [device.id, device.level])));
        await pause(5500);
        assert.equal(asked.length, first, 'it went on asking');
        assert.ok(!asked.includes('/v1/events'));
    });

    page('is a table without a script', async (page) => {
        for (const target of ['/', '/?live=0']) {
            await page.goto(wary.url + target);
            assert.ok(await page.locator(`tr[data-device="${scanner}"][data-level]`).isVisible());
        }
    }, { javaScriptEnabled: false });
});

describe('hostile and large networks', () => {
    page('devices that are not at hand are counted all the same', async (page) => {
        const devices = invent(50000);
        const above = devices.filter((device) => device.score >= 30).length;
        await pretend(page, devices);
        await open(page, `${wary.url}/`);
        await page.waitForFunction((n) => document.querySelector('.attention .more')?.textContent === `All ${n} above LOW`, above);
    });

    page('fifty thousand devices scroll', async (page) => {
        const devices = invent(50000);
        await pretend(page, devices);
        await open(page, `${wary.url}/#/devices`);
        await page.waitForFunction(() => document.querySelector('.tally')?.textContent === '50,000 devices', null, { timeout: 30000 });
        const slowest = await page.evaluate(async () => {
            const grid = document.getElementById('device-grid');
            let last = performance.now(), worst = 0;
            for (let i = 0; i <= 60; i++) {
                grid.scrollTop = (i / 60) * grid.scrollHeight;
                const now = await new Promise(requestAnimationFrame);
                worst = Math.max(worst, now - last);
                last = now;
            }
            return worst;
        });
        await page.waitForFunction(() => [...document.querySelectorAll('.rows .row')].some((row) => row.ariaRowIndex === '50001'));
        assert.ok(await page.locator('.rows .row').count() < 80, 'all rows are in the document');
        assert.ok(await page.locator('*').count() < 3000);
        console.log(`# slowest frame while scrolling through 50,000 rows: ${slowest.toFixed(0)} ms`);
        await page.fill('#device-filter', 'device-49999');
        await page.waitForFunction(() => document.querySelectorAll('.rows .row').length === 1);
        await page.focus('#device-grid');
        await page.keyboard.press('End');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.headline-card[data-device="02:00:00:00:c3:4f"]');
    });

    page('a name is only text', async (page) => {
        const evil = '<img src=x onerror=alert(1)>\u202egnp.exe';
        await pretend(page, invent(20, (i) => i < 4 ? { name: evil, vendor: evil, group: evil, zone: evil, reason: evil } : {}));
        await open(page, `${wary.url}/`);
        for (const view of ['#/', '#/devices', '#/map', '#/device/02%3A00%3A00%3A00%3A00%3A00']) {
            await visit(page, view);
            assert.equal(await page.locator('img').count(), 0);
            assert.equal(await page.evaluate(() => document.body.innerText.includes('\u202e')), false);
        }
        assert.match(await page.textContent('h1'), /^<img src=x onerror=alert\(1\)>\ufffdgnp\.exe$/);
    });

    page('a thousand devices fit the map, with what is forbidden in red', async (page) => {
        const devices = invent(1000);
        const edges = devices.flatMap((device, i) => [1, 7, 31].map((step) => ({
            from: device.id, to: devices[(i + step) % 1000].id, peer: '', bytes: 1000 * step,
            violation: i === 5 && step === 7, text: 'no rule allows it',
        })));
        await pretend(page, devices, { '/v1/map': { devices, edges, truncated: false } });
        await open(page, `${wary.url}/#/map`);
        await page.waitForFunction(() => /1,000 devices, 3,000 connections, 1 violation/.test(document.querySelector('.tally')?.textContent));
        assert.equal(await page.locator('.changes li').count(), 1);
        const red = await page.evaluate(async () => {
            await new Promise(requestAnimationFrame);
            const canvas = document.getElementById('map-canvas');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let i = 0; i < data.length; i += 4) n += data[i] > 150 && data[i + 1] < 60 && data[i + 3] > 200;
            return n;
        });
        assert.ok(red > 100, `${red} red pixels`);
        await page.click('.changes a >> nth=0');
        await page.waitForSelector('.headline-card');
    });

    page('an empty network is told what to do', async (page) => {
        await pretend(page, []);
        await open(page, `${wary.url}/`);
        await page.waitForSelector('text=Nothing captured yet');
        assert.match(await page.textContent('.attention'), /mirrors to this port/);
        for (const [view, words] of [['#/devices', 'No device has been heard yet'], ['#/device/nobody', 'No such device']]) {
            await visit(page, view);
            await page.waitForSelector(`text=${words}`);
        }
    });
});

describe('when the wire breaks', () => {
    page('the page says so, keeps what it has, and takes up again', async (page) => {
        const running = await serve('--speed', '6000');
        const cable = await wire(running.url);
        try {
            await open(page, `${cable.url}/`);
            const become = (wanted) => page.waitForFunction((is) =>
                is.includes(document.getElementById('connection').dataset.is), wanted, { timeout: 20000 });
            await become(['live']);
            await page.waitForFunction(() => document.querySelectorAll('.tile').length > 3, null, { timeout: 20000 });
            cable.cut();
            await become(['broken']);
            assert.ok(await page.locator('.tile').count() > 3, 'the page went blank');
            assert.ok(await page.locator('.notice.lost').isVisible());
            const stood = await page.textContent('#connection span');
            cable.mend();
            await become(['live']);
            assert.ok(await page.locator('.notice.lost').isHidden());
            await page.waitForFunction((old) => document.querySelector('#connection span').textContent !== old, stood, { timeout: 20000 });
            // What is found from here on comes by the stream.
            await page.waitForSelector('.fresh', { timeout: 30000 });
        } finally {
            await cable.close();
            await running.stop();
        }
    });
});

describe('everybody', () => {
    for (const [colorScheme, rules] of [['light', undefined], ['dark', ['color-contrast']]])
        page(`meets no barrier (${colorScheme})`, async (page) => {
            await open(page, `${wary.url}/`);
            for (const view of [...views, '#/device/nobody']) {
                await visit(page, view);
                assert.deepEqual(await barriers(page, rules), [], view);
            }
        }, { colorScheme });

    page('reads it on a phone', async (page) => {
        await open(page, `${wary.url}/`);
        for (const view of views) {
            await visit(page, view);
            const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
            assert.ok(wide <= screen, `${view} is ${wide} wide on a screen of ${screen}`);
        }
        assert.deepEqual(await barriers(page), []);
    }, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

    page('chooses light or dark, and it lasts', async (page) => {
        await open(page, `${wary.url}/`);
        const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const light = await ground();
        await page.click('#theme');
        assert.equal(await ground(), light);
        await page.click('#theme');
        const dark = await ground();
        assert.notEqual(dark, light);
        await page.reload();
        await page.waitForSelector('html[data-ready]');
        assert.equal(await ground(), dark);
    }, { colorScheme: 'light' });
});
