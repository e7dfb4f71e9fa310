/** Whether a client that has the response to its write, and then asks, ever gets an answer from before it. */
import { startRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from '../e2e/support/directus.ts';
import type { DirectusProcess } from '../e2e/support/process.ts';
import { ROUNDS } from './support/sizes.ts';
import { milliseconds, progress, section, table } from './support/table.ts';
import { median, quantile } from './support/timing.ts';

/** At once, each with an article of its own, so that nobody's change hides another's. */
const WORKERS = 10;
/** A stale answer that stays is none of a window. */
const GIVE_UP_MS = 10_000;
/** Every so many rounds an item is made and deleted instead: a response to which Directus reads nothing. */
const DELETE_EVERY = 10;

interface Round {
	/** The item's address, whose change or deletion the round is about. */
	path: string;
	request: object;
	write: (writer: DirectusProcess) => Promise<unknown>;
}

interface Result {
	stale: number;
	/** Rounds in which there was an answer before the write. */
	sharp: number;
	/** Milliseconds of the writes, and of whole rounds. */
	writes: number[];
	rounds: number[];
	/** From the response to the last stale answer, in milliseconds. */
	window: number;
}

const requestFor = (collection: string, item: number, prompt: string): object => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt,
	depends_on: [{ collection, items: [item] }],
});

async function roundOf(writer: DirectusProcess, article: number, round: number): Promise<Round> {
	if (round % DELETE_EVERY !== 0) {
		const path = `/items/articles/${article}`;
		const write = (process: DirectusProcess) => process.data('PATCH', path, { title: `Round ${round}` });
		return { path, request: requestFor('articles', article, `Article ${article}`), write };
	}
	const { id } = await writer.data<{ id: number }>('POST', '/items/tags', { label: `Round ${round}` });
	const path = `/items/tags/${id}`;
	const write = (process: DirectusProcess) => process.data('DELETE', path);
	return { path, request: requestFor('tags', id, `Tag ${id}`), write };
}

/** A store that does not answer in time gives nothing, and so nothing stale. */
async function isCached(process: DirectusProcess, request: object): Promise<boolean> {
	const { status, body } = await process.api<{ data?: object | null }>('POST', '/ai-cache/lookup', request);
	return status === 200 && body.data !== null && body.data !== undefined;
}

async function work(writer: DirectusProcess, reader: DirectusProcess, article: number, result: Result): Promise<void> {
	for (let round = 0; round < ROUNDS / WORKERS; round++) {
		const began = performance.now();
		const { request, write } = await roundOf(writer, article, round);
		await writer.data('POST', '/ai-cache/store', { ...request, text: `Round ${round}` });
		if (await isCached(reader, request)) result.sharp++;
		const started = performance.now();
		await write(writer);
		const responded = performance.now();
		result.writes.push(responded - started);
		if (await isCached(reader, request)) {
			result.stale++;
			while (await isCached(reader, request)) {
				if (performance.now() - responded > GIVE_UP_MS) break;
			}
			result.window = Math.max(result.window, performance.now() - responded);
		}
		result.rounds.push(performance.now() - began);
		if (article === 1 && round % 100 === 99) progress(`${(round + 1) * WORKERS} rounds`);
	}
}

async function measure(writer: DirectusProcess, reader: DirectusProcess): Promise<Result> {
	const result: Result = { stale: 0, sharp: 0, writes: [], rounds: [], window: 0 };
	const articles = Array.from({ length: WORKERS }, (_, index) => index + 1);
	await Promise.all(articles.map((article) => work(writer, reader, article, result)));
	return result;
}

const rowOf = (place: string, { stale, sharp, writes, rounds, window }: Result): string[] => [
	place,
	String(writes.length),
	String(sharp),
	String(stale),
	stale === 0 ? 'none' : `${milliseconds(window)} ms`,
	milliseconds(median(writes)),
	milliseconds(quantile(writes, 0.99)),
	milliseconds(median(rounds)),
];

const redis = await startRedis();
// What is measured is whether answers are stale, not whether a busy machine is given up on.
const env = { LOG_LEVEL: 'silent', AI_CACHE_STORE_TIMEOUT: '10s' };
const rows: string[][] = [];
let directus: Directus | undefined;
try {
	progress('in one process, from memory');
	directus = await startDirectus({ env: { ...env, AI_CACHE_STORE: 'memory' } });
	rows.push(rowOf('the same process, memory store', await measure(directus.process(0), directus.process(0))));
	await directus.stop();
	progress('in another process, through Redis');
	directus = await startDirectus({ processes: 2, env: { ...env, AI_CACHE_REDIS: redis.url } });
	rows.push(rowOf('another process, Redis', await measure(directus.process(0), directus.process(1))));
} finally {
	await directus?.stop();
	await redis.stop();
}

section(
	'Read your writes',
	`${WORKERS} clients at once. Each changes its own item (every tenth time it deletes it), receives the response, and at once requests an answer made before. Milliseconds.`,
	table([
		['read in', 'rounds', 'with an answer before', 'stale after', 'window', 'write p50', 'write p99', 'round p50'],
		...rows,
	]),
);
process.exit(0);
