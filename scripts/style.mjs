/**
 * Measures names, prose and sizes, and fails above the limits:
 *
 *     node scripts/style.mjs [--all]
 *
 * Prints each figure with its limit, and the places that count against a limit that is exceeded (with `--all`: against
 * every limit). It is a thermometer: text that passes can still read oddly.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { collectCode, measureNames } from './support/style-code.mjs';
import { measureComments, measureDocuments } from './support/style-prose.mjs';
import { listFiles, PROJECT } from './support/style-files.mjs';

const showAll = process.argv.includes('--all');
const SERVER_FOLDER_LIMIT = 12;
const STUDIO_FOLDER_LIMIT = 20;
const FILE_LINES_LIMIT = 300;

const sources = listFiles(['src'], /\.(ts|vue)$/);
const code = sources.map((file) => collectCode(file, readFileSync(path.join(PROJECT, file), 'utf8')));
const documents = [...listFiles(['docs'], /\.md$/), 'README.md', 'CONTRIBUTING.md', 'SECURITY.md'].filter((file) =>
	existsSync(path.join(PROJECT, file)),
);

const figures = [
	...measureNames(code),
	...measureComments(code),
	...measureDocuments(documents.map((file) => [file, readFileSync(path.join(PROJECT, file), 'utf8')])),
	measureFileSizes(code),
	measureFolders(sources),
];

let failed = false;
for (const { title, value, limit, atLeast = false, unit = '', places } of figures) {
	const exceeded = atLeast ? value < limit : value > limit;
	failed ||= exceeded;
	const bound = `${atLeast ? 'at least' : 'at most'} ${limit}${unit}`;
	console.log(`${exceeded ? 'FAILED' : 'ok    '}  ${title}: ${Number(value.toFixed(2))}${unit} (${bound})`);
	if (exceeded || showAll) for (const place of places) console.log(`          ${place}`);
}
process.exitCode = failed ? 1 : 0;

function measureFileSizes(files) {
	const places = files.filter(({ lines }) => lines > FILE_LINES_LIMIT).map(({ file, lines }) => `${file}: ${lines}`);
	return { title: `files over ${FILE_LINES_LIMIT} lines`, value: places.length, limit: 0, places };
}

function measureFolders(files) {
	const counts = new Map();
	for (const file of files) {
		const folder = path.dirname(file);
		counts.set(folder, (counts.get(folder) ?? 0) + 1);
	}
	const places = [...counts]
		.filter(([folder, count]) => count > (isStudio(folder) ? STUDIO_FOLDER_LIMIT : SERVER_FOLDER_LIMIT))
		.map(([folder, count]) => `${folder}: ${count} files`);
	const title = `folders over ${SERVER_FOLDER_LIMIT} files (Studio: ${STUDIO_FOLDER_LIMIT})`;
	return { title, value: places.length, limit: 0, places };
}

function isStudio(folder) {
	return /^src\/(module|panels|interfaces|locales)(\/|$)/.test(folder);
}
