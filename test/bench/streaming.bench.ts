/** Streams: the first byte of a miss, the throughput of a hit, and the memory of many at once. */
import http from 'node:http';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import autocannon from 'autocannon';

import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { ADMIN } from '../e2e/support/process.ts';
import { rawProviderEnvironment } from '../e2e/support/raw-environment.ts';
import { type StreamPlan, startStreamProvider } from './support/stream-provider.ts';
import { megabytes, milliseconds, perSecond, progress, ratio, section, table } from './support/table.ts';

const ROUTE = '/ai-cache/openai/v1/chat/completions';
const headers = { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' };
const agent = new http.Agent({ keepAlive: true });
let prompts = 0;

const bodyOf = (content: string, stream = true): string =>
	JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }], stream });

interface Read {
	/** Milliseconds to the body's first byte. */
	firstMs: number;
	/** When that came, by `performance.now()`. */
	firstAt: number;
	bytes: number;
}

/** One request, its answer read to the end. */
function read(url: string, body: string): Promise<Read> {
	return new Promise((resolve, reject) => {
		const started = performance.now();
		const request = http.request(url, { method: 'POST', headers, agent }, (response) => {
			const seen: Read = { firstMs: 0, firstAt: 0, bytes: 0 };
			response.on('data', (chunk: Buffer) => {
				if (seen.bytes === 0) {
					seen.firstAt = performance.now();
					seen.firstMs = seen.firstAt - started;
				}
				seen.bytes += chunk.length;
			});
			response.once('end', () =>
				response.statusCode === 200 ? resolve(seen) : reject(new Error(`${response.statusCode}`)),
			);
			response.once('error', reject);
		});
		request.once('error', reject);
		request.end(body);
	});
}

const percentile = (values: readonly number[], part: number): number =>
	[...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * part)]!;

const THINK_MS = 20;
const SHORT: StreamPlan = { thinkMs: THINK_MS, events: 20, textLength: 20, pauseMs: 2, eventsPerPause: 4 };
const TTFB_REQUESTS = 300;

interface FirstBytes {
	toAsk: string[];
	toRelay: string[];
}

/** Direct and through the cache in turns, so that what the machine does meanwhile meets both. */
async function firstBytes(direct: string, through: string, concurrency: number): Promise<FirstBytes> {
	const asked = { direct: [] as number[], through: [] as number[] };
	const relayed = { direct: [] as number[], through: [] as number[] };
	const worker = async (count: number): Promise<void> => {
		for (let done = 0; done < count; done++) {
			for (const [way, url] of [['direct', direct] as const, ['through', through] as const]) {
				const body = bodyOf(`miss ${++prompts}`);
				const { firstMs, firstAt } = await read(url, body);
				asked[way].push(firstMs);
				relayed[way].push(firstAt - provider.began.get(body)!);
			}
		}
	};
	await Promise.all(Array.from({ length: concurrency }, () => worker(TTFB_REQUESTS / concurrency)));
	provider.began.clear();
	const row = ({ direct, through }: typeof asked): string[] => {
		const [p50, directP50] = [percentile(through, 0.5), percentile(direct, 0.5)];
		const [p99, directP99] = [percentile(through, 0.99), percentile(direct, 0.99)];
		return [
			`${concurrency}`,
			milliseconds(directP50),
			milliseconds(p50),
			ratio(p50, directP50),
			milliseconds(p50 - directP50),
			milliseconds(directP99),
			milliseconds(p99),
			milliseconds(p99 - directP99),
		];
	};
	return { toAsk: row(asked), toRelay: row(relayed) };
}

const SECONDS = 3;
const SIZES = [2048, 65_536];

/** The answer of that many bytes, without pauses. */
const planOf = (size: number): StreamPlan => ({ ...SHORT, events: Math.round(size / 20), pauseMs: 0 });

/** Hits of one entry, asked for whole and as a stream. */
async function hitRates(directus: Directus, size: number): Promise<string[][]> {
	await read(directus.url + ROUTE, bodyOf(`${size}`));
	const rates: [string, autocannon.Result][] = [];
	for (const stream of [false, true]) {
		const body = bodyOf(`${size}`, stream);
		for (let times = 0; times < 3; times++) await read(directus.url + ROUTE, body);
		const options = { url: directus.url + ROUTE, method: 'POST', headers, body } as const;
		const result = await autocannon({ ...options, connections: 20, duration: SECONDS });
		if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
		rates.push([stream ? 'as a stream' : 'whole', result]);
	}
	const plain = rates[0]![1].requests.average;
	return rates.map(([form, { requests, latency, throughput }]) => [
		`${size / 1024} KB, ${form}`,
		perSecond(requests.average),
		ratio(requests.average, plain),
		megabytes(throughput.average),
		milliseconds(latency.p50),
		milliseconds(latency.p99),
	]);
}

const STREAMS = 200;
const LONG: StreamPlan = { thinkMs: THINK_MS, events: 4200, textLength: 20, pauseMs: 20, eventsPerPause: 30 };

type Memory = Record<'rss' | 'heapUsed' | 'external' | 'arrayBuffers', number>;

/** Two hundred different streams at once; the process's memory before, at its peak, and after. */
async function memory(directus: Directus): Promise<string> {
	const measure = (query = '') => directus.data<Memory>('GET', `/memory${query}`);
	await Promise.all(Array.from({ length: 20 }, () => read(directus.url + ROUTE, bodyOf(`warm ${++prompts}`))));
	await directus.data('POST', '/ai-cache/invalidate', { all: true });
	const before = await measure('?collect');
	const peak: Memory = { ...before };
	const over = new AbortController();
	const watch = (async () => {
		while (!over.signal.aborted) {
			const now = await measure();
			for (const name in peak)
				peak[name as keyof Memory] = Math.max(peak[name as keyof Memory], now[name as keyof Memory]);
			await wait(200);
		}
	})();
	const read200 = Array.from({ length: STREAMS }, () => read(directus.url + ROUTE, bodyOf(`long ${++prompts}`)));
	const bytes = (await Promise.all(read200))[0]!.bytes;
	over.abort();
	await watch;
	await directus.data('POST', '/ai-cache/invalidate', { all: true });
	// What is still being compressed for the entries that were just purged is not to count.
	await wait(2000);
	const after = await measure('?collect');
	const row = (label: string, name: keyof Memory): string[] => [
		label,
		megabytes(before[name]),
		megabytes(peak[name]),
		megabytes((peak[name] - before[name]) / STREAMS),
		megabytes(after[name]),
	];
	return [
		`${STREAMS} different streams of ${megabytes(bytes)} MB each at once, in MB. “After” is measured after a purge and a garbage collection.`,
		table([
			['', 'before', 'peak', 'a stream', 'after'],
			row('resident set', 'rss'),
			row('heap', 'heapUsed'),
			row('outside the heap', 'external'),
		]),
	].join('\n\n');
}

const provider = await startStreamProvider(SHORT);
const directus = await startDirectus({
	database: 'empty',
	env: rawProviderEnvironment(provider.url, {
		AI_CACHE_STORE: 'memory',
		AI_CACHE_AUTH_MEMO: '60s',
		LOG_LEVEL: 'silent',
	}),
	extensions: ['no-op-extension', 'memory'].map((name) => path.join(import.meta.dirname, 'support', name)),
});

progress('first byte');
const direct = `${provider.url}/openai/v1/chat/completions`;
await firstBytes(direct, directus.url + ROUTE, 4);
const firsts: FirstBytes[] = [];
for (const concurrency of [1, 4, 20]) firsts.push(await firstBytes(direct, directus.url + ROUTE, concurrency));
const FIRST_BYTES = [
	'at once',
	'p50 direct',
	'p50 through',
	'ratio',
	'later by',
	'p99 direct',
	'p99 through',
	'later by',
];
const nothing = await autocannon({
	url: `${directus.url}/nothing`,
	method: 'POST',
	headers,
	body: '{}',
	connections: 1,
	duration: 2,
});
section(
	'First byte of a stream that misses',
	`The provider answers after ${THINK_MS} ms. Requests go directly and through the cache, in turns, on one machine. Milliseconds to the body's first byte. An endpoint of this Directus that does nothing responds to single requests in ${milliseconds(nothing.latency.average)} on average.`,
	[
		'From the request, including the work of Directus before any extension runs:',
		table([FIRST_BYTES, ...firsts.map(({ toAsk }) => toAsk)]),
		'From the first byte of the provider, which measures only passing on the stream:',
		table([FIRST_BYTES, ...firsts.map(({ toRelay }) => toRelay)]),
	].join('\n\n'),
);

progress('hits as streams');
const rates = [];
for (const size of SIZES) {
	provider.plan = planOf(size);
	rates.push(...(await hitRates(directus, size)));
}
section(
	'A hit as a stream',
	`20 connections, ${SECONDS} s each, the memory store; latencies in milliseconds.`,
	table([['', 'requests a second', '× whole', 'MB a second', 'p50', 'p99'], ...rates]),
);

progress('memory of streams');
provider.plan = LONG;
section('Memory of streams', await memory(directus));
await directus.stop();
await provider.stop();
process.exit(0);
