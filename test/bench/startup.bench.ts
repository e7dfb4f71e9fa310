/** What the bundle adds to Directus' start, and to requests that are none of its own. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

import { startRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { ADMIN } from '../e2e/support/process.ts';
import { median, quantile, repeat } from './support/timing.ts';
import { milliseconds, perSecond, progress, ratio, section, table } from './support/table.ts';

const REGISTRATIONS = 9;
const STARTS = 9;
const ROUNDS = 6;
const SECONDS = 2;
const CONNECTIONS = 20;
const run = promisify(execFile);
const redis = await startRedis();

const kinds = {
	'without the bundle': { bundle: false, env: {} },
	'with the bundle, memory store': { bundle: true, env: { AI_CACHE_STORE: 'memory' } },
	'with the bundle, Redis': { bundle: true, env: { AI_CACHE_REDIS: redis.url } },
};
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

async function register(env: Record<string, string>): Promise<{ import: number; register: number }> {
	const script = path.join(import.meta.dirname, 'support/register.ts');
	const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
		env: { PATH: process.env['PATH'], KEY: 'bench', SECRET: 'bench', ...env },
	});
	return JSON.parse(stdout) as { import: number; register: number };
}

const launch = (kind: Kind): Promise<Directus> =>
	startDirectus({ bundle: kinds[kind].bundle, env: { ...kinds[kind].env, LOG_LEVEL: 'info' } });

/** Milliseconds from the process's launch to its own word that it serves. */
async function startOf(directus: Directus): Promise<number> {
	const process = directus.process(0);
	await process.stop();
	const before = process.logs().length;
	const launched = Date.now();
	await process.restart();
	const line = process
		.logs()
		.slice(before)
		.split('\n')
		.find((text) => text.includes('Server started'));
	if (line === undefined) throw new Error('Directus did not log that it started');
	return (JSON.parse(line) as { time: number }).time - launched;
}

async function rate(directus: Directus, route: string, token: boolean): Promise<number> {
	const headers = token ? { authorization: `Bearer ${ADMIN.token}` } : {};
	const result = await autocannon({ url: directus.url + route, connections: CONNECTIONS, duration: SECONDS, headers });
	if (result.non2xx + result.errors > 0) throw new Error(`${route}: ${result.non2xx + result.errors} failed`);
	return result.requests.average;
}

progress('registering');
const registrations: { name: Kind; times: { import: number; register: number }[] }[] = [];
for (const name of names.slice(1)) {
	registrations.push({ name, times: await repeat(REGISTRATIONS, () => register(kinds[name].env)) });
}
section(
	'Start of Directus: time added by the bundle',
	`Importing \`dist/api.js\` and registering its hooks and endpoints, in a separate process that has loaded Node's modules, as in Directus, median of ${REGISTRATIONS}; milliseconds. The connection to Redis is made in parallel with the start of Directus.`,
	table([
		['', 'import', 'register', 'together'],
		...registrations.map(({ name, times }) => [
			name.replace('with the bundle, ', ''),
			milliseconds(median(times.map((each) => each.import))),
			milliseconds(median(times.map((each) => each.register))),
			milliseconds(median(times.map((each) => each.import + each.register))),
		]),
	]),
);

progress('starting Directus');
const directus = new Map<Kind, Directus>();
for (const name of names) directus.set(name, await launch(name));
const starts = new Map<Kind, number[]>(names.map((name) => [name, []]));
for (let round = 0; round < STARTS; round++) {
	for (const name of round % 2 === 0 ? names : names.toReversed()) {
		starts.get(name)!.push(await startOf(directus.get(name)!));
	}
}
const bare = median(starts.get('without the bundle')!);
section(
	'From launch to serving',
	`Milliseconds until Directus logs that it is ready, ${STARTS} starts each, in turns. Directus bundles the Studio parts of all extensions at each start, and this takes most of the time. Without the Studio (\`SERVE_APP=false\`), the difference between starts with and without the bundle is smaller than the variation among starts.`,
	table([
		['', 'median', 'fastest', 'to Directus alone'],
		...names.map((name) => {
			const times = starts.get(name)!;
			return [name, milliseconds(median(times)), milliseconds(quantile(times, 0)), ratio(median(times), bare)];
		}),
	]),
);

progress('requests of others');
const routes = [
	{ route: '/server/ping', token: false },
	{ route: '/items/articles/1?fields=title', token: true },
];
const rates = new Map(names.map((name) => [name, routes.map((): number[] => [])]));
for (let round = 0; round < ROUNDS; round++) {
	for (const name of round % 2 === 0 ? names : names.toReversed()) {
		for (const [index, { route, token }] of routes.entries()) {
			rates.get(name)![index]!.push(await rate(directus.get(name)!, route, token));
		}
	}
}
const bareRates = rates.get('without the bundle')!.map(median);
section(
	'Requests to other routes',
	`Requests a second, ${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s, in turns.`,
	table([
		['', ...routes.flatMap(({ route }) => [`\`GET ${route}\``, 'to Directus alone'])],
		...names.map((name) => [
			name,
			...rates
				.get(name)!
				.map(median)
				.flatMap((each, index) => [perSecond(each), ratio(each, bareRates[index]!)]),
		]),
	]),
);
for (const each of directus.values()) await each.stop();
await redis.stop();
process.exit(0);
