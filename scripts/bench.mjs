/**
 * Runs every `test/bench/*.bench.ts` (or those whose name holds an argument) one after the other in the project's own
 * Node. Without an argument, writes what they print on stdout, Markdown, to `docs/benchmarks.md`; progress goes to
 * stderr. Takes about 25 minutes; `test/bench/support/sizes.ts` names what makes it shorter.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

import { ensureInstalled, ensureSystemPrograms } from './support/install.mjs';
import { NODE, PROJECT, run } from './support/run.mjs';

const FOLDER = path.join(PROJECT, 'test/bench');
const RESULT = path.join(PROJECT, 'docs/benchmarks.md');

await ensureInstalled('.');
await ensureInstalled('sandbox/directus-12');
await ensureSystemPrograms(['redis-server']);
const built = await run(NODE, [path.join(PROJECT, 'node_modules/@directus/extensions-sdk/cli.js'), 'build'], {
	quiet: true,
});
if (built !== 0) process.exit(built);

const asked = process.argv.slice(2);
const files = readdirSync(FOLDER)
	.filter((file) => file.endsWith('.bench.ts'))
	.filter((file) => asked.length === 0 || asked.some((name) => file.includes(name)))
	.sort();
const sections = [];
for (const file of files) {
	console.error(`── ${file}`);
	const { code, output } = await measure(path.join(FOLDER, file));
	if (code !== 0) process.exitCode = 1;
	sections.push(output.trim());
	process.stdout.write(output);
}
if (asked.length === 0 && process.exitCode !== 1) {
	mkdirSync(path.dirname(RESULT), { recursive: true });
	writeFileSync(RESULT, `${[introduction(), ...sections].join('\n\n')}\n`);
}

function measure(file) {
	return new Promise((resolve) => {
		const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning'];
		const child = spawn(NODE, [...flags, file], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'inherit'] });
		let output = '';
		child.stdout.on('data', (chunk) => (output += chunk));
		child.once('close', (code) => resolve({ code, output }));
	});
}

function introduction() {
	const memory = Math.round(totalmem() / 1024 ** 3);
	return [
		'# Benchmarks',
		'',
		'Written by `npm run bench`; one part by `npm run bench <name>`. Compare figures of one run with each other; another machine has other ones.',
		'',
		`Machine: ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB.`,
	].join('\n');
}
