import { randomUUID } from 'node:crypto';

import { PROVIDERS, type StatsReport } from '../src/shared/api-types.ts';
import { type Directus, startDirectus } from '../test/e2e/support/directus.ts';
import { createFlow } from '../test/e2e/support/flows.ts';
import { enableModule } from '../test/e2e/support/module-bar.ts';
import { ADMIN } from '../test/e2e/support/process.ts';
import { freePort, isPortFree } from '../test/support/port.ts';
import { nameArticles } from './articles.ts';
import { type DemoProviders, EMULATED_DELAY_MS, startProviders } from './providers.ts';
import { formatMilliseconds, formatTable } from './table.ts';
import { type Call, isAsExpected, createScenario } from './scenario.ts';

const DIRECTUS_PORT = 8055;
const EDITED = 1;
const UNTOUCHED = 2;

const ended = waitForInterrupt();
const providers = await startProviders(process.env);
console.log('Starting Directus …');
const directus = await start(providers);
try {
	const passed = await show(directus, providers);
	console.log(passed ? '\nAll checks passed.' : '\nSome checks failed.');
	process.exitCode = passed ? 0 : 1;
	if (!process.argv.includes('--exit')) {
		console.log(`\nThe Studio: ${directus.url}/admin/ai-cache`);
		console.log(`Log in as ${ADMIN.email} with ${ADMIN.password}. Ctrl+C ends it.`);
		await ended;
	}
} finally {
	await directus.stop();
	await providers.stop();
}
process.exit();

async function start({ environment }: DemoProviders): Promise<Directus> {
	const own = Object.entries(process.env).filter(([name]) => /^(AI_CACHE_|REDIS)/.test(name));
	const started = await startDirectus({
		major: 12,
		env: {
			PORT: String((await isPortFree(DIRECTUS_PORT)) ? DIRECTUS_PORT : await freePort()),
			// Use a cache of its own, so that the first call is a miss even on a Redis that is used for other things.
			AI_CACHE_NAMESPACE: `demo-${randomUUID().slice(0, 8)}`,
			...Object.fromEntries(own.map(([name, value]) => [name, value ?? ''])),
			...environment,
		},
	});
	await nameArticles(started);
	await enableModule(started);
	return started;
}

async function show(started: Directus, { emulated, calls: countCalls }: DemoProviders): Promise<boolean> {
	const real = PROVIDERS.filter((name) => !emulated.includes(name));
	console.log(`Directus 12 with the bundle at ${started.url}`);
	if (real.length > 0) console.log(`Real providers: ${real.join(', ')}`);
	if (emulated.length > 0) console.log(`Emulated (answers after ${EMULATED_DELAY_MS} ms): ${emulated.join(', ')}`);

	const calls = await walk(started);
	const stats = await started.data<StatsReport>('GET', '/ai-cache/stats');
	console.log(`\n${formatCalls(calls)}\n\n${formatStats(stats)}`);
	for (const call of calls.filter((each) => !isAsExpected(each))) {
		console.error(
			`${call.provider}, ${call.what}: expected ${call.expected}: ${call.failure ?? 'upstream calls differ'}`,
		);
	}
	const upstream = emulated.map((name) => countCalls(name) ?? 0);
	console.log(`\nCalls that reached the emulated providers: ${upstream.reduce((sum, count) => sum + count, 0)}`);
	return calls.every(isAsExpected) && compareCounts(calls, stats);
}

async function walk(started: Directus): Promise<Call[]> {
	const { generate, generateInFlow } = createScenario(started, providers, await createGenerateFlow(started));
	const calls: Call[] = [];
	for (const provider of PROVIDERS) {
		calls.push(await generate(provider, EDITED, 'article 1, first', 'MISS'));
		calls.push(await generate(provider, EDITED, 'article 1, again', 'HIT'));
		calls.push(await generateInFlow(provider, EDITED, 'in a Flow, first', 'MISS'));
		calls.push(await generateInFlow(provider, EDITED, 'in a Flow, again', 'HIT'));
		calls.push(await generate(provider, UNTOUCHED, 'article 2, first', 'MISS'));
	}
	await started.data('PATCH', `/items/articles/${EDITED}`, { title: 'How we moved three newsrooms at once' });
	for (const provider of PROVIDERS) {
		calls.push(await generate(provider, EDITED, 'article 1, edited', 'MISS'));
		calls.push(await generateInFlow(provider, EDITED, 'in a Flow, edited', 'MISS'));
		calls.push(await generate(provider, UNTOUCHED, 'article 2, untouched', 'HIT'));
	}
	return calls;
}

/** Creates one Flow for all providers. The webhook's body names the provider, the model and the item. */
function createGenerateFlow(started: Directus): Promise<string> {
	const fields = ['provider', 'model', 'collection', 'item'];
	const fromTrigger = Object.fromEntries(fields.map((field) => [field, `{{$trigger.body.${field}}}`]));
	// `[[field]]` means a field of the item. Directus fills in double braces itself, before the operation runs.
	const options = { ...fromTrigger, prompt: 'Write a teaser for: [[title]]' };
	return createFlow(started, {
		name: 'Write a teaser',
		trigger: 'webhook',
		operations: [{ key: 'generate', type: 'ai-cache-generate', options }],
	});
}

function formatCalls(made: Call[]): string {
	return formatTable(
		[
			{ title: 'provider' },
			{ title: 'request' },
			{ title: 'cache' },
			{ title: 'time', right: true },
			{ title: 'upstream calls', right: true },
			{ title: 'answer' },
		],
		made.map((call) => [
			call.provider,
			call.what,
			call.status ?? '?',
			formatMilliseconds(call.ms),
			call.upstream === undefined ? '' : String(call.upstream),
			call.text.length > 60 ? `${call.text.slice(0, 59)}…` : call.text,
		]),
	);
}

function formatStats(stats: StatsReport): string {
	const titles = ['provider', 'lookups', 'hits', 'misses', 'hit rate', 'saved USD', 'saved tokens', 'saved time'];
	return formatTable(
		titles.map((title, index) => ({ title, right: index > 0 })),
		PROVIDERS.map((name) => {
			const { lookups, hits, misses, hit_rate, saved } = stats.providers[name];
			const rate = `${(hit_rate * 100).toFixed(1)} %`;
			const counts = [lookups, hits, misses].map(String);
			return [name, ...counts, rate, saved.usd.toFixed(6), String(saved.tokens), formatMilliseconds(saved.ms)];
		}),
	);
}

/** Checks that the statistics count exactly the calls that were made. */
function compareCounts(made: Call[], stats: StatsReport): boolean {
	return PROVIDERS.every((name) => {
		const own = made.filter((call) => call.provider === name);
		const count = (status: string) => own.filter((call) => call.status === status).length;
		const { hits, misses } = stats.providers[name];
		const agree = hits === count('HIT') && misses === count('MISS');
		if (!agree) console.error(`${name}: the statistics count ${hits} hits and ${misses} misses`);
		return agree;
	});
}

function waitForInterrupt(): Promise<void> {
	return new Promise((resolve) => {
		process.once('SIGINT', resolve);
		process.once('SIGTERM', resolve);
	});
}
