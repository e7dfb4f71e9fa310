/** Many identical requests at once: how often the provider is called, and how long they wait. */
import autocannon from 'autocannon';

import { startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { ADMIN, type DirectusProcess } from '../e2e/support/process.ts';
import { milliseconds, progress, section, table } from './support/table.ts';

const AT_ONCE = [50, 500, 5000];
/** Of the provider's answer, in milliseconds. */
const DELAY_MS = 500;
const TIMEOUT_SECONDS = 120;
const headers = { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' };

interface Load {
	p50: number;
	p99: number;
	failed: number;
}

/** Each of the connections sends the request once. */
async function load({ url }: DirectusProcess, connections: number, body: string): Promise<Load> {
	const result = await autocannon({
		url: `${url}/ai-cache/generate`,
		method: 'POST',
		connections,
		amount: connections,
		timeout: TIMEOUT_SECONDS,
		headers,
		body,
	});
	const { p50, p99 } = result.latency;
	return { p50, p99, failed: result.non2xx + result.errors + result.timeouts };
}

async function measure(directus: Directus, atOnce: number): Promise<(string | number)[]> {
	emulator.reset();
	emulator.setDelay(DELAY_MS);
	const prompt = `${atOnce} at once in ${directus.processes.length}`;
	const body = JSON.stringify({ provider: 'openai', model: 'gpt-4o-mini', prompt });
	const share = atOnce / directus.processes.length;
	const loads = await Promise.all(directus.processes.map((each) => load(each, share, body)));
	return [
		directus.processes.length,
		atOnce.toLocaleString('en'),
		emulator.calls(),
		milliseconds(Math.max(...loads.map(({ p50 }) => p50))),
		milliseconds(Math.max(...loads.map(({ p99 }) => p99))),
		loads.reduce((sum, { failed }) => sum + failed, 0),
	];
}

const emulator = await startProviderEmulator();
const redis = await startRedis();
const rows: (string | number)[][] = [];
for (const processes of [1, 2]) {
	progress(`${processes} processes`);
	const directus = await startDirectus({
		processes,
		env: { ...emulator.environment(), AI_CACHE_REDIS: redis.url, LOG_LEVEL: 'silent' },
	});
	// Each with a process that has answered before, as after its first seconds.
	for (const each of directus.processes) await load(each, 10, '{"provider":"openai","model":"gpt-4o","prompt":"-"}');
	for (const atOnce of AT_ONCE) rows.push(await measure(directus, atOnce));
	await directus.stop();
}
section(
	'Many identical requests at once',
	`New requests on new connections, all sent at once. The provider takes ${DELAY_MS} ms. Two processes get half of the requests each, and the table shows the slower one. Load and Directus share one machine. Milliseconds.`,
	table([['processes', 'at once', 'upstream calls', 'p50', 'p99', 'errors'], ...rows]),
);
await redis.stop();
await emulator.stop();
process.exit(0);
