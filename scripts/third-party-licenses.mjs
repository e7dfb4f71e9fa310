/**
 * Writes THIRD-PARTY-NOTICES.md: the packages in the built bundle with their licenses, found by the source maps of a
 * build. Run it after dependencies change. It leaves a fresh build in `dist`.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { NODE, PROJECT, run } from './support/run.mjs';

/** Packages copied into the sources: the price table. */
const COPIED = ['@pydantic/genai-prices'];

const builder = path.join(PROJECT, 'node_modules/@directus/extensions-sdk/cli.js');
if ((await run(NODE, [builder, 'build', '--sourcemap'], { quiet: true })) !== 0) process.exit(1);

const folders = new Set(COPIED.map((name) => path.join('node_modules', name)));
const built = path.join(PROJECT, 'dist');
const mapped = readdirSync(built).filter((name) => name.endsWith('.map'));
for (const name of mapped)
	for (const folder of takeMap(path.join(built, name.slice(0, -'.map'.length)))) folders.add(folder);

const byText = new Map();
for (const folder of [...folders].sort()) {
	const { name, version, license } = JSON.parse(readFileSync(path.join(PROJECT, folder, 'package.json'), 'utf8'));
	const text = licenceOf(path.join(PROJECT, folder));
	if (!byText.has(text)) byText.set(text, []);
	byText.get(text).push(`${name} ${version} (${license})`);
}
const parts = [...byText].map(([text, names]) => `## ${names.join(', ')}\n\n\`\`\`\n${text}\n\`\`\`\n`);
const head =
	'# Third-party notices\n\nParts of these packages are in the bundle. Written by `scripts/third-party-licenses.mjs`.\n';
writeFileSync(path.join(PROJECT, 'THIRD-PARTY-NOTICES.md'), [head, ...parts].join('\n'));
console.log(`${folders.size} packages`);

/**
 * Returns the folders of the packages in a built file. Deletes its source map, which does not belong in the package.
 */
function takeMap(file) {
	const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
	rmSync(`${file}.map`);
	writeFileSync(file, readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'));
	return sources.flatMap((source) => /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []);
}

function licenceOf(folder) {
	const names = readdirSync(folder).filter((name) => /^(licen[cs]e|notice)/i.test(name));
	if (names.length === 0) throw new Error(`${folder} has no licence`);
	const texts = names.map((name) => readFileSync(path.join(folder, name), 'utf8'));
	return texts.map((text) => text.replaceAll('\r', '').trim()).join('\n\n');
}
