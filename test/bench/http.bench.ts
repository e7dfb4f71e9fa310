/** A hit over HTTP beside what the same Directus does for nothing at all. */
import path from 'node:path';
import autocannon from 'autocannon';

import { startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { ADMIN, type DirectusProcess } from '../e2e/support/process.ts';
import { milliseconds, perSecond, progress, ratio, section, table } from './support/table.ts';

const SECONDS = 5;
const WARM_UP_SECONDS = 2;
const CONNECTIONS = 20;
const SIZES = [2048, 65_536];
const headers = { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' };
const bodyOf = (size: number): string => JSON.stringify({ provider: 'openai', model: 'gpt-4o', prompt: `${size}` });

interface Measured {
	rate: number;
	p50: number;
	p99: number;
	p999: number;
}

async function measure({ url }: DirectusProcess, route: string, body?: string): Promise<Measured> {
	const load = {
		url: url + route,
		connections: CONNECTIONS,
		method: body === undefined ? ('GET' as const) : ('POST' as const),
		...(body !== undefined && { headers, body }),
	};
	await autocannon({ ...load, duration: WARM_UP_SECONDS });
	const result = await autocannon({ ...load, duration: SECONDS });
	if (result.non2xx > 0 || result.errors > 0)
		throw new Error(`${route}: ${result.non2xx} refused, ${result.errors} failed`);
	const { p50, p99, p99_9: p999 } = result.latency;
	return { rate: result.requests.average, p50, p99, p999 };
}

async function warm(directus: Directus): Promise<void> {
	for (const size of SIZES) {
		for (const { url } of directus.processes) {
			for (let times = 0; times < 3; times++) {
				const answer = await fetch(`${url}/ai-cache/generate`, { method: 'POST', headers, body: bodyOf(size) });
				await answer.arrayBuffer();
			}
		}
	}
}

const emulator = await startProviderEmulator({ text: (prompt) => 'An answer of words. '.repeat(Number(prompt) / 20) });
const redis = await startRedis();
for (const [name, store] of [
	['the memory store', { AI_CACHE_STORE: 'memory' }],
	['Redis with the L1 cache', { AI_CACHE_REDIS: redis.url }],
] as const) {
	progress(name);
	const directus = await startDirectus({
		env: { ...emulator.environment(), ...store, AI_CACHE_AUTH_MEMO: '60s', LOG_LEVEL: 'silent' },
		extensions: ['no-op-extension', 'bare-middleware'].map((name) => path.join(import.meta.dirname, 'support', name)),
	});
	await warm(directus);
	const first = directus.process(0);
	const nothing = await measure(first, '/nothing', '{}');
	const ping = await measure(first, '/server/ping');
	const ahead = await measure(first, '/ahead', '{}');
	const rows: [string, Measured][] = [
		['an endpoint that does nothing', nothing],
		['`GET /server/ping`', ping],
		['a handler ahead of all middlewares that does nothing', ahead],
	];
	for (const size of SIZES)
		rows.push([`hit of ${size / 1024} KB`, await measure(first, '/ai-cache/generate', bodyOf(size))]);
	await directus.stop();
	const closed = await startDirectus({
		env: { ...emulator.environment(), ...store, AI_CACHE_AUTH_MEMO: '0', LOG_LEVEL: 'silent' },
	});
	await warm(closed);
	for (const size of SIZES) {
		rows.push([
			`hit of ${size / 1024} KB, fast path off`,
			await measure(closed.process(0), '/ai-cache/generate', bodyOf(size)),
		]);
	}
	await closed.stop();
	section(
		`A hit over HTTP, ${name}`,
		`${CONNECTIONS} connections, ${SECONDS} s each after ${WARM_UP_SECONDS} s of warm-up. Load and Directus share one machine. Latencies in milliseconds.`,
		table([
			['', 'requests a second', '× endpoint', '× ping', '× ahead', 'p50', 'p99', 'p99.9'],
			...rows.map(([label, { rate, p50, p99, p999 }]) => [
				label,
				perSecond(rate),
				ratio(rate, nothing.rate),
				ratio(rate, ping.rate),
				ratio(rate, ahead.rate),
				milliseconds(p50),
				milliseconds(p99),
				milliseconds(p999),
			]),
		]),
	);
}
await redis.stop();
await emulator.stop();
process.exit(0);
