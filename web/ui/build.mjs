// Bundles the page into a C file with its bytes: node build.mjs OUT.c
// What is needed beside node comes by `npm ci`, once for each lock file; after that no network.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const home = dirname(fileURLToPath(import.meta.url));
const budgetBytes = 150_000; // of all that a browser fetches, compressed

function install() {
    const stamp = join(home, 'node_modules/.package-lock.json');
    const lock = join(home, 'package-lock.json');
    if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
    console.log('npm ci');
    try {
        execFileSync('npm', ['ci'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
    } catch {
        console.error('no packages for the page, see above; -DWARY_PAGE=OFF builds without it');
        process.exit(1);
    }
    // npm leaves the stamp older than the lock where nothing had changed.
    execFileSync('touch', [stamp]);
}

async function bundle() {
    const { build } = await import('esbuild');
    const result = await build({
        absWorkingDir: home,
        entryPoints: { page: 'src/main.ts' },
        outdir: 'out',
        bundle: true,
        minify: true,
        write: false,
        format: 'iife',
        target: ['chrome123', 'firefox121', 'safari17.5'],
        legalComments: 'none',
        logLevel: 'warning',
    });
    return Object.fromEntries(result.outputFiles.map((file) =>
        [file.path.endsWith('.css') ? 'style' : 'script', Buffer.from(file.contents)]));
}

function cArray(name, bytes) {
    const lines = [];
    for (let at = 0; at < bytes.length; at += 24)
        lines.push(`${[...bytes.subarray(at, at + 24)].join(',')},`);
    return `static const unsigned char ${name}[] = {\n${lines.join('\n')}\n};\n`;
}

function cFile(files) {
    let text = '/* made by web/ui/build.mjs */\n#include "web/asset.h"\n';
    for (const [name, bytes] of Object.entries(files)) {
        const packed = gzipSync(bytes, { level: 9 });
        text += cArray(`${name}_plain`, bytes) + cArray(`${name}_gzip`, packed);
        text += `const struct asset asset_${name} = {${name}_plain, sizeof ${name}_plain, `
            + `${name}_gzip, sizeof ${name}_gzip};\n`;
    }
    return text;
}

install();
const files = await bundle();
const sent = Object.values(files).reduce((sum, bytes) => sum + gzipSync(bytes).length, 0);
if (sent > budgetBytes) throw new Error(`the page takes ${sent} bytes, more than ${budgetBytes}`);
const out = process.argv[2];
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, cFile(files));
console.log(`the page takes ${sent} bytes over the wire`);
