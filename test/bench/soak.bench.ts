/** Whether the memory of a Directus under full load stays what it is: hits, misses, changes of content, purges and streams. */
import path from 'node:path';

import { startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis } from '../support/redis.ts';
import { startDirectus } from '../e2e/support/directus.ts';
import { ADMIN } from '../e2e/support/process.ts';
import { SOAK_MINUTES } from './support/sizes.ts';
import { median } from './support/timing.ts';
import { megabytes, perSecond, progress, ratio, section, table } from './support/table.ts';

const EVERY_MS = Math.min(30_000, (SOAK_MINUTES * 60_000) / 6);
const WORKERS = 20;
const ARTICLES = 10;
const HOT = 200;
/** Small enough to be full before the first third is over, so that what grows after that is a leak. */
const FIRST_LEVEL = '4mb';
const headers = { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' };

type Kind = 'hits' | 'misses' | 'streams' | 'changes' | 'purges';
/** Of a hundred requests; the rest are hits. */
const SHARES: Partial<Record<Kind, number>> = { misses: 10, streams: 10, changes: 4, purges: 1 };

const emulator = await startProviderEmulator({ text: (prompt) => `${prompt}: ${'an answer of words. '.repeat(60)}` });
const redis = await startRedis();
progress('starting');
const directus = await startDirectus({
	env: {
		...emulator.environment(),
		AI_CACHE_REDIS: redis.url,
		AI_CACHE_FIRST_LEVEL_MAX: FIRST_LEVEL,
		LOG_LEVEL: 'silent',
	},
	extensions: [path.join(import.meta.dirname, 'support/heap')],
});
const { url } = directus;
const counts: Record<Kind | 'failed', number> = { hits: 0, misses: 0, streams: 0, changes: 0, purges: 0, failed: 0 };
let number = 0;

async function send(method: string, route: string, body: object): Promise<void> {
	const response = await fetch(url + route, { method, headers, body: JSON.stringify(body) });
	await response.arrayBuffer();
	if (!response.ok) counts.failed++;
}

const generation = (prompt: string, more: object = {}): object => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt,
	...more,
});

const about = (index: number): object => ({
	depends_on: [{ collection: 'articles', items: [(index % ARTICLES) + 1], fields: ['title'] }],
});

const kinds: Record<Kind, () => Promise<void>> = {
	hits: () => send('POST', '/ai-cache/generate', generation(`hot ${number % HOT}`, about(number))),
	misses: () => send('POST', '/ai-cache/generate', generation(`new ${number}`, about(number))),
	streams: () => send('POST', '/ai-cache/generate', generation(`stream ${number % (2 * HOT)}`, { stream: true })),
	changes: () => send('PATCH', `/items/articles/${(number % ARTICLES) + 1}`, { title: `Title ${number}` }),
	purges: () => send('POST', '/ai-cache/invalidate', { tags: [`tag ${number % 10}`] }),
};

/** Its own of each hundred requests, in an order that spreads them. */
function kindOf(index: number): Kind {
	let place = (index * 37) % 100;
	for (const [kind, share] of Object.entries(SHARES) as [Kind, number][]) {
		if (place < share) return kind;
		place -= share;
	}
	return 'hits';
}

async function work(until: number): Promise<void> {
	while (Date.now() < until) {
		const kind = kindOf(number++);
		await kinds[kind]();
		counts[kind]++;
	}
}

interface Sample {
	minutes: number;
	bytes: number;
	requests: number;
}

async function sample(started: number): Promise<Sample> {
	const { heapUsed, external } = await directus.data<{ heapUsed: number; external: number }>('GET', '/heap');
	return { minutes: (Date.now() - started) / 60_000, bytes: heapUsed + external, requests: number };
}

const started = Date.now();
const until = started + SOAK_MINUTES * 60_000;
const load = Promise.all(Array.from({ length: WORKERS }, () => work(until)));
const samples: Sample[] = [];
for (let next = started + EVERY_MS; next <= until; next += EVERY_MS) {
	await new Promise((resolve) => setTimeout(resolve, next - Date.now()));
	samples.push(await sample(started));
	// It keeps a record of every call.
	emulator.reset();
	progress(`${samples.at(-1)!.minutes.toFixed(1)} minutes, ${megabytes(samples.at(-1)!.bytes)} MB`);
}
await load;
const third = Math.max(1, Math.floor(samples.length / 3));
const middle = median(samples.slice(third, 2 * third).map(({ bytes }) => bytes));
const last = median(samples.slice(-third).map(({ bytes }) => bytes));
section(
	`${SOAK_MINUTES} minutes at full load`,
	`One Directus on Redis, ${WORKERS} requests at a time: ${Object.entries(counts)
		.map(([kind, count]) => `${perSecond(count)} ${kind}`)
		.join(
			', ',
		)}. Heap and external memory of the process, under load, after a full collection each ${EVERY_MS / 1000} s; \`AI_CACHE_FIRST_LEVEL_MAX=${FIRST_LEVEL}\`, which bounds the tables beside it too.`,
	`Last third to the middle one: ${ratio(last, middle)}.`,
	table([
		['minutes', 'requests so far', 'MB in use'],
		...samples.map(({ minutes, bytes, requests }) => [minutes.toFixed(1), perSecond(requests), megabytes(bytes)]),
	]),
);
await directus.stop();
await redis.stop();
await emulator.stop();
process.exit(counts.failed === 0 ? 0 : 1);
