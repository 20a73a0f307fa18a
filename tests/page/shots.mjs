// Takes the pictures of docs/ anew: ./dev pictures
import { launch, look, open, pause, serve } from './common.mjs';

const out = new URL('../../docs/', import.meta.url).pathname;
const attacker = process.env.ATTACKER;
const device = `#/device/${encodeURIComponent(attacker)}`;
const pictures = [
    ['page.png', '', {}, { width: 1360, height: 880 }],
    ['page-device.png', device, { colorScheme: 'dark' }, { width: 1280, height: 860 }],
    ['page-devices.png', '#/devices', {}, { width: 1440, height: 700 }],
    ['page-map.png', '#/map', { colorScheme: 'dark' }, { width: 1200, height: 640 }],
    ['page-decisions.png', '#/decisions', {}, { width: 1440, height: 760 }],
    ['page-phone.png', device, {}, { width: 390, height: 844 }],
];

const [browser, wary] = await Promise.all([launch(), serve()]);
for (const criticality of ['low', 'medium', 'high'])
    await fetch(`${wary.url}/access/v1/evaluation`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
            subject: { type: 'device', id: attacker }, action: { name: 'connect' },
            resource: { type: 'service', id: `${criticality}.example/tcp/443`, properties: { criticality } },
        }),
    });
for (const [name, view, options, viewport] of pictures) {
    const page = await look(browser, { viewport, ...options });
    await open(page, `${wary.url}/${view}`);
    await pause(2500);
    if (view === '#/decisions') {
        await page.fill('[name=subject]', attacker);
        await page.click('text=Try >> nth=-1');
        await pause(500);
    }
    await page.screenshot({ path: out + name });
    await page.context().close();
}
await browser.close();
await wary.stop();
