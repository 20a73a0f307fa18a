// A wary that replays, a browser that looks at it, and a wire between them that can be cut.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(new URL('../../web/ui/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = require('axe-core');

/** Starts `wary replay --serve` with a state of its own; { url, stop }.
    With a speed, it answers while it reads. */
export async function serve(...options) {
    const state = mkdtempSync(join(tmpdir(), 'wary-page-'));
    const child = spawn(process.env.WARY, ['replay', '--serve', '--listen', '127.0.0.1:0',
        '--state', state, ...options, process.env.CAPTURE], { stdio: ['ignore', 'ignore', 'pipe'] });
    const url = await new Promise((resolve, reject) => {
        let said = '';
        child.on('exit', () => reject(new Error(`wary ended: ${said}`)));
        child.stderr.on('data', (data) => {
            said += data;
            const found = /http:\/\/[0-9.:]+/.exec(said);
            if (found) resolve(found[0]);
        });
    });
    if (!options.includes('--speed'))
        while (!(await fetch(`${url}/readyz`)).ok) await pause(20);
    return {
        url,
        async stop() {
            await new Promise((done) => { child.on('exit', done); child.kill(); });
            rmSync(state, { recursive: true });
        },
    };
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A wire to `target` that can be cut and mended; { url, cut, mend, close }. */
export async function wire(target) {
    const { hostname, port } = new URL(target);
    const open = new Set();
    let whole = true;
    const server = net.createServer((near) => {
        if (!whole) return near.destroy();
        const far = net.connect(Number(port), hostname);
        for (const [socket, other] of [[near, far], [far, near]]) {
            open.add(socket);
            socket.pipe(other);
            socket.on('error', () => other.destroy());
            socket.on('close', () => { open.delete(socket); other.destroy(); });
        }
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        cut() { whole = false; for (const socket of open) socket.destroy(); },
        mend() { whole = true; },
        close: () => new Promise((done) => { for (const socket of open) socket.destroy(); server.close(done); }),
    };
}

export function launch() {
    return chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: process.getuid() === 0 ? ['--no-sandbox'] : [],
    });
}

/** A page that remembers what went wrong in it. */
export async function look(browser, options = {}) {
    const context = await browser.newContext({
        viewport: { width: 1440, height: 900 }, timezoneId: 'UTC', locale: 'en-GB', ...options,
    });
    const page = await context.newPage();
    page.faults = [];
    page.on('pageerror', (error) => page.faults.push(error.stack));
    page.on('console', (message) => {
        // What is not there yet, or was cut, is told by the page itself.
        if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
            page.faults.push(message.text());
    });
    page.on('dialog', (dialog) => { page.faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
    return page;
}

export async function open(page, url) {
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
}

/** What axe finds that keeps people out; by these rules alone, if any are named. */
export async function barriers(page, rules) {
    // Injected past the page's policy, which would rightly refuse it.
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate((runOnly) =>
        globalThis.axe.run(document, { resultTypes: ['violations'], ...(runOnly ? { runOnly } : {}) }), rules);
    return violations.filter((one) => ['serious', 'critical'].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} (${node.failureSummary})`).join('; ')}`);
}

/** As many devices as wanted, invented. */
export function invent(count, change = () => ({})) {
    const levels = [['CRITICAL', 91], ['HIGH', 66], ['MEDIUM', 41], ['LOW', 3], ['UNKNOWN', 0]];
    return Array.from({ length: count }, (_, i) => {
        const [level, score] = levels[i < 3 ? i : i % 97 === 0 ? 2 : i % 13 ? 3 : 4];
        const hex = i.toString(16).padStart(6, '0');
        return {
            id: `02:00:00:${hex.match(/../g).join(':')}`, name: `device-${i}`, vendor: 'ACME', group: `group ${i % 7}`,
            addresses: [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`], zone: `zone ${i % 5}`,
            state: level === 'UNKNOWN' ? 'learning' : 'active', score, level, confidence: 0.9,
            last_seen: '2026-02-04T17:59:30.000Z', top_factor: score ? 'volume' : '', reason: score ? 'sent more than usual' : '',
            ...change(i),
        };
    });
}

/** Answer the API from invented devices instead of the server. */
export async function pretend(page, devices, more = {}) {
    const json = (route, body) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(body) });
    const by = (key) => devices.reduce((sum, device) => ({ ...sum, [device[key]]: (sum[device[key]] ?? 0) + 1 }), {});
    const status = {
        version: 'test', ready: true, live: true, now: '2026-02-04T18:00:00.000Z', max_age_s: 300,
        capture: { packets: devices.length * 10, bytes: 1000, drops: { kernel: 0 }, interfaces: [{ name: 'eth1' }] },
        tables: {}, windows: {}, findings: 0, store: null,
        devices: { count: devices.length, by_state: by('state'), by_level: by('level') },
    };
    await page.route('**/v1/**', (route) => {
        const url = new URL(route.request().url());
        const given = more[url.pathname];
        if (given) return json(route, typeof given === 'function' ? given(url) : given);
        if (url.pathname === '/v1/status') return json(route, status);
        if (url.pathname === '/v1/findings') return json(route, { findings: [], next_cursor: null });
        if (url.pathname === '/v1/devices') {
            const limit = Number(url.searchParams.get('limit') ?? 100), from = Number(url.searchParams.get('cursor') ?? 0);
            return json(route, {
                devices: devices.slice(from, from + limit),
                next_cursor: from + limit < devices.length ? String(from + limit) : null,
            });
        }
        const id = decodeURIComponent(url.pathname.replace('/v1/devices/', ''));
        const found = devices.find((device) => device.id === id);
        if (found) return json(route, {
            ...found, mac: id, vlan: 0, router: false, mode: 'enforce', trust: 100 - found.score, anomaly: 0, computed_at: status.now,
            max_age_s: 300, since: status.now, first_seen: status.now, packets: 1, bytes: 1, maturity: { invariant: 1, volume: 0.4 },
            top_peers: [], top_services: [], factors: [],
        });
        return route.fulfill({ status: 404, contentType: 'application/problem+json', body: '{"status":404,"detail":"nothing"}' });
    });
}
