/**
 * Runs every `test/bench/*.bench.ts`, or only those whose name contains an argument, one after the other in the
 * project's own Node. Each bench prints Markdown on stdout, which replaces its section of `docs/benchmarks.md`. A
 * failed bench leaves its section unchanged. Progress goes to stderr.
 * Arguments that begin with `--` go to the benches: `chaos --small` takes three minutes at most. All benches together
 * take about an hour. `test/bench/support/sizes.ts` lists the settings that shorten a run; the section then mentions
 * them.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

import { ensureInstalled, ensureSystemPrograms } from './support/install.mjs';
import { NODE, PROJECT, run } from './support/run.mjs';

const FOLDER = path.join(PROJECT, 'test/bench');
const RESULT = path.join(PROJECT, 'docs/benchmarks.md');

await ensureInstalled('.');
await ensureInstalled('sandbox/directus-12');
await ensureSystemPrograms();
const { format, resolveConfig } = await import('prettier');
const built = await run(NODE, [path.join(PROJECT, 'node_modules/@directus/extensions-sdk/cli.js'), 'build'], {
	quiet: true,
});
if (built !== 0) process.exit(built);

const conditions = Object.entries(process.env)
	.filter(([name]) => name.startsWith('AI_CACHE_BENCH_'))
	.map(([name, value]) => `\`${name}=${value}\``);
const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const files = readdirSync(FOLDER)
	.filter((file) => file.endsWith('.bench.ts'))
	.filter((file) => asked.length === 0 || asked.some((name) => file.includes(name)))
	.sort();
for (const file of files) {
	console.error(`── ${file}`);
	const { code, output } = await measure(path.join(FOLDER, file));
	process.stdout.write(output);
	if (code !== 0) {
		process.exitCode = 1;
		continue;
	}
	const heading = conditions.length + options.length > 0 ? `_With ${[...conditions, ...options].join(' ')}._\n\n` : '';
	await writeResult(file, heading + output.trim());
}

/** Reads the document again, because it may have changed while the bench ran. */
async function writeResult(file, text) {
	const parts = partsOf(existsSync(RESULT) ? readFileSync(RESULT, 'utf8') : '').set(file, text);
	const marked = [...parts].sort().map(([name, part]) => `<!-- ${name} -->\n\n${part}`);
	const options = { ...(await resolveConfig(RESULT)), filepath: RESULT };
	writeFileSync(RESULT, await format([introduction(), ...marked].join('\n\n'), options));
}

/** Returns each bench's last output by its file name. */
function partsOf(document) {
	const [, ...marked] = document.split(/^<!-- (\S+\.bench\.ts) -->$/m);
	const found = new Map();
	for (let index = 0; index < marked.length; index += 2) found.set(marked[index], marked[index + 1].trim());
	return found;
}

function measure(file) {
	return new Promise((resolve) => {
		const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning'];
		const child = spawn(NODE, [...flags, file, ...options], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'inherit'] });
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
		'Written by `npm run bench`; one part by `npm run bench <name>`. Compare figures only within one run. Other machines give other figures.',
		'',
		`Machine: ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB.`,
	].join('\n');
}
