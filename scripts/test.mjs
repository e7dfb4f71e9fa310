/**
 * Runs all checks of the bundle, from a fresh clone and with any Node from 18 on:
 *
 *     node scripts/test.mjs [static] [build] [unit] [e2e] [browser] [compat] [images] [-- arguments for vitest]
 *
 * Without a name it runs all steps except `compat` and `images`, which takes the pictures of the documentation. Every
 * step runs, even after a failed one. Skipped suites are listed at the end. The last line is `N passed, N failed`, with
 * `, N skipped` if anything was skipped.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { ensureInstalled, ensureSystemPrograms, installSystemPrograms } from './support/install.mjs';
import { NODE, PROJECT, run } from './support/run.mjs';

const APP_LIMIT_BYTES = 150_000;
/** Size limit of the API bundle: each process of Directus reads and compiles it when it starts. */
const API_LIMIT_BYTES = 480_000;
const REPORTS = path.join(PROJECT, '.cache/reports');
const GROUPS = ['static', 'build', 'unit', 'e2e', 'browser', 'compat', 'images'];
const BY_NAME_ALONE = ['compat', 'images'];
/** The end-to-end suites whose outcome can depend on the database. All suites run on SQLite by default. */
const DATABASE_SUITES = [
	'changes',
	'changes-nested',
	'changes-relations',
	'changes-redis',
	'templates',
	'staleness',
].map((name) => `test/e2e/${name}.test.ts`);
const DATABASE_PACKAGES = { postgres: 'postgresql', mariadb: 'mariadb-server' };

const [named, passedOn] = splitArguments(process.argv.slice(2));
const groups = named.length > 0 ? named : GROUPS.filter((name) => !BY_NAME_ALONE.includes(name));
const needs = (...names) => groups.some((group) => names.includes(group));
const needsBundle = needs('e2e', 'browser', 'compat', 'images');
/** The static checks inspect the package as it is published. */
const needsBuild = needsBundle || needs('static');

const steps = [
	{
		group: 'static',
		name: 'format',
		run: () => tool('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
	},
	{ group: 'static', name: 'lint', run: () => tool('eslint/bin/eslint.js', ['--max-warnings=0', '.']) },
	{ group: 'static', name: 'types', run: () => tool('vue-tsc/bin/vue-tsc.js', ['--noEmit']) },
	{ group: 'static', name: 'unused code', run: () => tool('knip/bin/knip.js', []) },
	{ group: 'build', name: 'build', run: () => tool('@directus/extensions-sdk/cli.js', ['build'], { quiet: true }) },
	{ group: 'build', name: 'size of the bundle', run: checkSizes },
	{ group: 'static', name: 'package', run: () => tool('publint/src/cli.js', ['run', '.']) },
	{ group: 'unit', name: 'unit tests', run: () => vitest('vitest.config.ts') },
	{ group: 'e2e', name: 'in Directus 12', run: () => vitest('vitest.e2e.config.ts') },
	{ group: 'e2e', name: 'in Directus 12 with PostgreSQL', run: () => onDatabase('postgres') },
	{ group: 'browser', name: 'in a browser', run: () => vitest('vitest.browser.config.ts') },
	{ group: 'images', name: 'pictures', run: () => vitest('vitest.images.config.ts') },
	{
		group: 'compat',
		name: 'in Directus 11',
		run: () => vitest('vitest.e2e.config.ts', { AI_CACHE_TEST_DIRECTUS: '11' }),
	},
	{ group: 'compat', name: 'in Directus 12 with MariaDB', run: () => onDatabase('mariadb') },
	{
		group: 'compat',
		name: 'in a browser with Directus 11',
		run: () => vitest('vitest.browser.config.ts', { AI_CACHE_TEST_DIRECTUS: '11' }),
	},
];

const total = { passed: 0, failed: 0, skipped: 0 };
const durations = [];
/** What was not run, and why if that is known. */
const skipped = [];
/** Packages without which some suites cannot run. */
let unavailable = [];
await step('install', install);
for (const { group, name, run: work } of steps) {
	const wanted = groups.includes(group) || (group === 'build' && needsBuild);
	if (wanted) await step(name, work);
}
console.log(`\n${durations.join('\n')}\n`);
for (const name of skipped) console.log(`skipped: ${name}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs one step, adds what it counted and notes its time. A step that throws has failed once. */
async function step(name, work) {
	console.log(`\n── ${name}`);
	const started = Date.now();
	let counts;
	try {
		counts = await work();
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		counts = failure();
	}
	for (const key of Object.keys(total)) total[key] += counts[key];
	const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(7);
	durations.push(`${seconds} s  ${counts.failed > 0 ? 'FAILED' : 'ok    '}  ${name}`);
}

async function install() {
	await ensureInstalled('.');
	// Unit tests of what reads content do so with Directus' own services.
	if (needsBundle || needs('unit')) await ensureInstalled('sandbox/directus-12');
	if (needs('compat')) await ensureInstalled('sandbox/directus-11');
	const programs = needsBundle || needs('unit') ? ['redis-server'] : [];
	if (needs('browser', 'compat', 'images')) programs.push('chromium');
	await ensureSystemPrograms(programs);
	const databases = [...(needs('e2e') ? ['postgres'] : []), ...(needs('compat') ? ['mariadb'] : [])];
	unavailable = await installSystemPrograms(databases.map((database) => DATABASE_PACKAGES[database]));
	// Not a test of the bundle: counts only if it fails.
	return { passed: 0, failed: 0, skipped: 0 };
}

async function tool(script, args, options = {}) {
	const code = await run(NODE, [path.join(PROJECT, 'node_modules', script), ...args], options);
	return code === 0 ? success() : failure();
}

function checkSizes() {
	const [app, api] = ['app.js', 'api.js'].map((name) => readFileSync(path.join(PROJECT, 'dist', name)));
	const appBytes = gzipSync(app, { level: 9 }).length;
	console.log(`dist/app.js: ${appBytes} bytes gzipped of at most ${APP_LIMIT_BYTES}`);
	console.log(`dist/api.js: ${api.length} bytes of at most ${API_LIMIT_BYTES}`);
	return appBytes <= APP_LIMIT_BYTES && api.length <= API_LIMIT_BYTES ? success() : failure();
}

/** Runs the suites that depend on the database with another one, or skips each if its server is not installed. */
async function onDatabase(database) {
	const missing = DATABASE_SUITES.filter((file) => !existsSync(path.join(PROJECT, file)));
	if (missing.length > 0) throw new Error(`DATABASE_SUITES names files that do not exist: ${missing.join(', ')}`);
	const filters = passedOn.filter((argument) => !argument.startsWith('-'));
	const files = DATABASE_SUITES.filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)));
	const needed = DATABASE_PACKAGES[database];
	if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
	if (!unavailable.includes(needed)) {
		return vitest('vitest.e2e.config.ts', { AI_CACHE_TEST_DATABASE: database }, files);
	}
	skipped.push(...files.map((file) => `${file} with ${database}: ${needed} is not installed`));
	return { passed: 0, failed: 0, skipped: files.length };
}

/** Runs vitest and counts from its JSON report; a run that fails without a failed test has failed once. */
async function vitest(config, env = {}, files = []) {
	mkdirSync(REPORTS, { recursive: true });
	const report = path.join(REPORTS, `${[config, ...Object.values(env)].join('-')}.json`);
	rmSync(report, { force: true });
	const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
	const script = path.join(PROJECT, 'node_modules/vitest/vitest.mjs');
	const args = [script, 'run', '--config', config, '--passWithNoTests', ...reporters, ...files, ...passedOn];
	const code = await run(NODE, args, { env });
	const counts = readReport(report);
	if (code !== 0 && counts.failed === 0) counts.failed = 1;
	return counts;
}

function readReport(file) {
	let report;
	try {
		report = JSON.parse(readFileSync(file, 'utf8'));
	} catch {
		return { passed: 0, failed: 0, skipped: 0 };
	}
	skipped.push(...nameSkipped(report));
	return {
		passed: report.numPassedTests,
		failed: report.numFailedTests,
		skipped: report.numPendingTests + report.numTodoTests,
	};
}

/** The suites of the report with tests that were not run, and how many of them. */
function nameSkipped({ testResults }) {
	const counts = new Map();
	for (const { name, assertionResults } of testResults) {
		for (const { status, ancestorTitles, title } of assertionResults) {
			if (['passed', 'failed'].includes(status)) continue;
			const suite = `${path.relative(PROJECT, name)} › ${ancestorTitles[0] ?? title}`;
			counts.set(suite, (counts.get(suite) ?? 0) + 1);
		}
	}
	return [...counts].map(([suite, count]) => `${suite} (${count})`);
}

function splitArguments(args) {
	const at = args.findIndex((argument) => argument.startsWith('-') || !GROUPS.includes(argument));
	return at === -1 ? [args, []] : [args.slice(0, at), args.slice(args[at] === '--' ? at + 1 : at)];
}

function success() {
	return { passed: 1, failed: 0, skipped: 0 };
}

function failure() {
	return { passed: 0, failed: 1, skipped: 0 };
}
