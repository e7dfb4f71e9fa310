/** What the hook costs Directus' own writes. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis } from '../support/redis.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import type { DirectusProcess } from '../e2e/support/process.ts';
import { fill } from './support/entries.ts';
import { MAX_ENTRIES } from './support/sizes.ts';
import { median, quantile, repeat, time } from './support/timing.ts';
import { milliseconds, progress, ratio, section, table } from './support/table.ts';

/** One and the same process differs from start to start by more than the hook costs. */
const STARTS = 3;
/** Rounds of all processes in turn, so that what else the machine does hits each alike. */
const ROUNDS = 25;
const PER_ROUND = 20;
const MANY = 10_000;
const MANY_ROUNDS = 3;
const ARTICLES = 10;
const NAMESPACE = 'bench';

interface Contender {
	name: string;
	directus: Directus;
	took: number[];
}

type Work = (process: DirectusProcess, index: number) => Promise<unknown>;

const emulator = await startProviderEmulator();
const redis = await startRedis();
const env = { ...emulator.environment(), LOG_LEVEL: 'silent' };
const start = async (name: string, bundle: boolean, more: Record<string, string> = {}): Promise<Contender> => ({
	name,
	directus: await startDirectus({ bundle, env: { ...env, ...more } }),
	took: [],
});

/** Each contender's times, taken in turns: forwards in one round, backwards in the next. */
async function interleave(
	contenders: readonly Contender[],
	rounds: number,
	perRound: number,
	work: Work,
): Promise<void> {
	for (let round = 0; round < rounds; round++) {
		for (const { directus, took } of round % 2 === 0 ? contenders : contenders.toReversed()) {
			for (let index = 0; index < perRound; index++) {
				took.push(await time(() => work(directus.process(0), round * perRound + index)));
			}
		}
	}
}

const rowsOf = (contenders: readonly Contender[]): string[][] => {
	const [bare] = contenders;
	return contenders.map(({ name, took }) => [
		name,
		milliseconds(median(took)),
		milliseconds(quantile(took, 0.99)),
		ratio(median(took), median(bare!.took)),
	]);
};

const patch: Work = (process, index) =>
	process.data('PATCH', `/items/articles/${(index % ARTICLES) + 1}`, { title: `Title ${index} ${Math.random()}` });

/** Put there past Directus, which would take minutes. */
function makeMany({ directory }: Directus): number[] {
	const database = new DatabaseSync(path.join(directory, 'data.db'), { timeout: 10_000 });
	const insert = database.prepare('INSERT INTO tags (label) VALUES (?) RETURNING id');
	database.exec('BEGIN');
	const keys = Array.from({ length: MANY }, (_, index) => Number(insert.get(`Tag ${index}`)?.['id']));
	database.exec('COMMIT');
	database.close();
	return keys;
}

const startAll = async (): Promise<[Contender, Contender, Contender]> => [
	await start('without the bundle', false),
	await start('memory store', true, { AI_CACHE_STORE: 'memory' }),
	await start('Redis', true, { AI_CACHE_REDIS: redis.url, AI_CACHE_NAMESPACE: NAMESPACE }),
];
const stopAll = (contenders: readonly Contender[]) => Promise.all(contenders.map(({ directus }) => directus.stop()));
const forget = (contenders: readonly Contender[]): void => contenders.forEach(({ took }) => (took.length = 0));

progress('starting');
let contenders = await startAll();
const allTook: number[][] = [[], [], []];
for (let started = 1; ; started++) {
	progress(`one item, in process ${started} of each kind`);
	await interleave(contenders, 6, 50, patch);
	forget(contenders);
	await interleave(contenders, ROUNDS, PER_ROUND, patch);
	contenders.forEach((contender, index) => allTook[index]!.push(...contender.took.splice(0)));
	if (started === STARTS) break;
	await stopAll(contenders);
	contenders = await startAll();
}
const [bare, , onRedis] = contenders;
section(
	'An update of one item',
	`\`PATCH /items/articles/1\`, ${STARTS * ROUNDS * PER_ROUND} each, in ${STARTS} starts of each kind, in turns. The response waits until the change is in force in the cache. Milliseconds.`,
	table([
		['', 'p50', 'p99', 'to Directus alone'],
		...rowsOf(contenders.map((one, index) => ({ ...one, took: allTook[index]! }))),
	]),
);

progress(`${MANY} items`);
const keysOf = new Map<string, number[]>();
for (const { directus } of contenders) keysOf.set(directus.url, makeMany(directus));
await interleave(contenders, MANY_ROUNDS, 1, (process, index) =>
	process.data('PATCH', '/items/tags?fields=id&limit=1', {
		keys: keysOf.get(process.url)!,
		data: { label: `Label ${index} ${Math.random()}` },
	}),
);
section(
	`An update of ${MANY.toLocaleString('en')} items in one request`,
	`${MANY_ROUNDS} each, in turns. Milliseconds.`,
	table([['', 'p50', 'p99', 'to Directus alone'], ...rowsOf(contenders)]),
);

progress(`${MAX_ENTRIES} entries`);
const store = new RedisStore({
	connection: { url: redis.url, connectTimeoutMs: 1000 },
	namespace: NAMESPACE,
	firstLevelBytes: 0,
	maxEntryBytes: 2 ** 22,
	maxTtl: 86_400,
	staleSeconds: 0,
	journalRows: 100,
});
await store.open();
await fill(store, 'hook', MAX_ENTRIES, 300);
await store.close();
forget(contenders);
await interleave([bare, onRedis], STARTS * ROUNDS, PER_ROUND, patch);
const [alone, full] = rowsOf([bare, { ...onRedis, name: 'Redis' }]);
const purge = { collection: 'articles' };
const [took] = await repeat(1, () =>
	time(async () => {
		const { entries } = await onRedis.directus.data<{ entries: number }>('POST', '/ai-cache/invalidate', purge);
		if (entries < MAX_ENTRIES - ARTICLES) throw new Error(`dropped ${entries} of ${MAX_ENTRIES}`);
	}),
);
section(
	`With ${MAX_ENTRIES.toLocaleString('en')} entries in the cache`,
	`The same update of one item. Then one \`POST /ai-cache/invalidate\` of the collection drops all of them, with their exact number, in ${milliseconds(took!)} ms.`,
	table([['', 'p50', 'p99', 'to Directus alone'], alone!, full!]),
);

await stopAll(contenders);
await redis.stop();
await emulator.stop();
process.exit(0);
