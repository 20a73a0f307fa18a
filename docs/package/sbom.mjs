// The software bill of materials of a built program, as SPDX 2.3 JSON on standard output: the Debian
// packages whose libraries it loads, and the npm packages that its page is bundled of and by.
// node sbom.mjs PROGRAM PACKAGE-LOCK VERSION EPOCH
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';

const [program, lockFile, version, epoch] = process.argv.slice(2);
const run = (command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const idOf = (...parts) => `SPDXRef-${parts.join('-').replace(/[^A-Za-z0-9.-]/g, '-')}`;

const owner = (path) => {
  for (const name of [path, realpathSync(path), realpathSync(path).replace(/^\/usr/, '')]) {
    try {
      return run('dpkg-query', '-S', name).split(':')[0];
    } catch {
      // Where /lib is a link, dpkg may know the file by its other name.
    }
  }
  return null;
};

const libraries = existsSync('/var/lib/dpkg/status')
  ? run('ldd', program).split('\n').map((line) => line.match(/(\/\S+) \(/)?.[1]).filter(Boolean)
  : [];
const debian = [...new Set(libraries.map(owner).filter(Boolean))].sort().map((name) => {
  const [revision, architecture, source, homepage] = run('dpkg-query', '-W', '-f',
    '${Version}\t${Architecture}\t${source:Package}\t${Homepage}\n', name).split('\n')[0].split('\t');
  return {
    SPDXID: idOf('deb', name), name, versionInfo: revision, supplier: 'Organization: Debian',
    downloadLocation: 'NOASSERTION', filesAnalyzed: false, licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION', copyrightText: 'NOASSERTION', ...(homepage && { homepage }),
    sourceInfo: `built from the Debian source package ${source}`,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl',
      referenceLocator: `pkg:deb/debian/${name}@${encodeURIComponent(revision)}?arch=${architecture}` }],
  };
});

const npm = Object.entries(JSON.parse(readFileSync(lockFile)).packages)
  .filter(([path, entry]) => path && !entry.optional)
  .map(([path, entry]) => {
    const name = path.replace(/^.*node_modules\//, '');
    return {
      isTool: Boolean(entry.dev),
      SPDXID: idOf('npm', name, entry.version), name, versionInfo: entry.version,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false, licenseConcluded: 'NOASSERTION', licenseDeclared: entry.license ?? 'NOASSERTION',
      copyrightText: 'NOASSERTION',
      ...(entry.integrity?.startsWith('sha512-') && { checksums: [{ algorithm: 'SHA512',
        checksumValue: Buffer.from(entry.integrity.slice(7), 'base64').toString('hex') }] }),
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl',
        referenceLocator: `pkg:npm/${name.replace('@', '%40')}@${entry.version}` }],
    };
  });

const wary = {
  SPDXID: 'SPDXRef-wary', name: 'wary', versionInfo: version, downloadLocation: 'NOASSERTION',
  filesAnalyzed: false, licenseConcluded: 'Apache-2.0', licenseDeclared: 'Apache-2.0',
  copyrightText: 'The wary authors', primaryPackagePurpose: 'APPLICATION',
};
const relate = (from, relationshipType, to) =>
  ({ spdxElementId: from, relationshipType, relatedSpdxElement: to });
const parts = [wary, ...debian, ...npm.map(({ isTool, ...entry }) => entry)];
const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
console.log(JSON.stringify({
  spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name: `wary-${version}`,
  documentNamespace: `https://spdx.org/spdxdocs/wary-${version}-${hash.slice(0, 32)}`,
  creationInfo: { created: new Date(epoch * 1000).toISOString().replace('.000', ''),
    creators: ['Tool: wary-sbom'] },
  packages: parts,
  relationships: [
    relate('SPDXRef-DOCUMENT', 'DESCRIBES', wary.SPDXID),
    ...debian.map((entry) => relate(wary.SPDXID, 'DYNAMIC_LINK', entry.SPDXID)),
    ...npm.map((entry) => (entry.isTool
      ? relate(entry.SPDXID, 'BUILD_TOOL_OF', wary.SPDXID)
      : relate(wary.SPDXID, 'CONTAINS', entry.SPDXID))),
  ],
}, null, 1));
