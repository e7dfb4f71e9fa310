/** What the bundle adds to one write of Directus: pairs of the same `PATCH`, one without and one with it, one after the other. */
import { countCommands } from '../support/command-counts.ts';
import { startRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import { ROUNDS } from './support/sizes.ts';
import { milliseconds, progress, section, table } from './support/table.ts';
import { median, quantile, time } from './support/timing.ts';

/** One and the same process differs from start to start by more than the bundle costs. */
const STARTS = 4;
const PAIRS = Math.min(2000, ROUNDS);
const WARM_UP = 100;
const ARTICLES = 10;

const redis = await startRedis();
const patch = ({ data }: Directus, index: number): Promise<unknown> =>
	data('PATCH', `/items/articles/${(index % ARTICLES) + 1}`, { title: `Title ${index} ${Math.random()}` });

async function measurePairs(bare: Directus, bundled: Directus, pairs: number): Promise<[number, number][]> {
	const took: [number, number][] = [];
	for (let index = -WARM_UP; index < pairs; index++) {
		const pair: [number, number] = [0, 0];
		// Each goes first in half of the pairs.
		for (const place of index % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
			pair[place] = await time(() => patch(place === 0 ? bare : bundled, index + WARM_UP));
		}
		if (index >= 0) took.push(pair);
	}
	return took;
}

const took: [number, number][] = [];
const commands: Record<string, number> = {};
for (let started = 1; started <= STARTS; started++) {
	progress(`start ${started} of ${STARTS}`);
	const env = { LOG_LEVEL: 'silent' };
	const bare = await startDirectus({ bundle: false, env });
	const bundled = await startDirectus({ env: { ...env, AI_CACHE_REDIS: redis.url } });
	const counts = await countCommands([redis], async () => {
		took.push(...(await measurePairs(bare, bundled, Math.ceil(PAIRS / STARTS))));
	});
	for (const [name, times] of Object.entries(counts)) commands[name] = (commands[name] ?? 0) + times;
	await Promise.all([bare.stop(), bundled.stop()]);
}
await redis.stop();

const writes = took.length + STARTS * WARM_UP;
const [without, within] = [took.map(([first]) => first), took.map(([, second]) => second)];
const differences = took.map(([first, second]) => second - first);
section(
	'A write, in pairs',
	`${took.length} pairs of \`PATCH /items/articles/1\`, in ${STARTS} starts: Directus alone and with the bundle on Redis, one right after the other, each first in half of the pairs. Milliseconds.`,
	table([
		['', 'p50', 'p90', 'p99'],
		...[
			['Directus alone', without] as const,
			['with the bundle', within] as const,
			['difference in a pair', differences] as const,
		].map(([name, values]) => [name, ...[0.5, 0.9, 0.99].map((part) => milliseconds(quantile(values, part)))]),
	]),
	`Median difference: ${milliseconds(median(differences))} ms. Commands that Redis was sent for each write, all in all: ${Object.entries(
		commands,
	)
		.map(([name, times]) => `${name} ${(times / writes).toFixed(2)}`)
		.join(', ')}.`,
);
process.exit(0);
