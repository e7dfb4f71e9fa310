import { type Provider, STATS_INTERVALS, type StatsInterval } from '../../../shared/api-types.ts';
import { bucketStart, bucketStarts, MAX_ROWS, OTHER, RETENTION_MS } from '../../../cache/stats/buckets.ts';
import type { StatsBatch, StatsBucket, StatsDelta } from '../../../cache/store.ts';
import { type Command, number, run, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { COUNT_ONCE } from '../connection/lua-scripts.ts';

const DAY_MS = 86_400_000;
/** Longer than a batch that failed waits to be tried again once Redis answers. */
const BATCH_KNOWN_MS = 3_600_000;
const BUCKETS_PER_READ = 200;

/** What was counted, in one hash for each bucket of time and one for all time. */
export class Counters {
	readonly #context: RedisContext;
	/** Rows of the latest buckets, as far as this process wrote them. */
	readonly #rows = new Map<string, Set<string>>();
	#rowsOfAllTime: Promise<Set<string>> | null = null;

	constructor(context: RedisContext) {
		this.#context = context;
	}

	async add(at: number, deltas: readonly StatsDelta[], batch?: StatsBatch): Promise<void> {
		const { client, keys, clock } = this.#context;
		const allRows = await this.#allRows();
		const count = (name: string, life: number | '', rows: Set<string>): Command => {
			const script = ['EVAL', COUNT_ONCE, 2, name, keys.batch(name, batch?.source ?? '')] satisfies Command;
			const pairs = deltas.flatMap((delta) => increments(rows, delta));
			return [...script, batch?.number ?? '', BATCH_KNOWN_MS, life, ...pairs];
		};
		const buckets = STATS_INTERVALS.map((interval): Command => {
			const start = bucketStart(interval, at);
			const name = keys.stats(interval, start);
			const life = start + RETENTION_MS[interval] + DAY_MS - clock.now();
			return count(name, Math.max(life, DAY_MS), this.#rowsOf(name));
		});
		await run(client, [...buckets, count(keys.totals, '', allRows)]);
	}

	async read(interval: StatsInterval, from: number, to: number): Promise<StatsBucket[]> {
		const buckets: StatsBucket[] = [];
		const starts = bucketStarts(interval, from, to);
		for (let first = 0; first < starts.length; first += BUCKETS_PER_READ) {
			const part = starts.slice(first, first + BUCKETS_PER_READ);
			const replies = await run(
				this.#context.client,
				part.map((start): Command => ['HGETALL', this.#context.keys.stats(interval, start)]),
			);
			part.forEach((at, index) => {
				const rows = rowsIn(texts(replies[index]));
				if (rows.length > 0) buckets.push({ at, rows });
			});
		}
		return buckets;
	}

	/** The rows of all time. */
	async totals(): Promise<StatsDelta[]> {
		const [reply] = await run(this.#context.client, [['HGETALL', this.#context.keys.totals]]);
		return rowsIn(texts(reply));
	}

	#rowsOf(name: string): Set<string> {
		let rows = this.#rows.get(name);
		if (rows === undefined) {
			if (this.#rows.size >= 2 * STATS_INTERVALS.length) this.#rows.delete(this.#rows.keys().next().value!);
			this.#rows.set(name, (rows = new Set()));
		}
		return rows;
	}

	/** Read once: these rows never end, so that each restart would else add as many as are allowed. */
	async #allRows(): Promise<Set<string>> {
		this.#rowsOfAllTime ??= this.totals().then((rows) => new Set(rows.map(idOf)));
		try {
			return await this.#rowsOfAllTime;
		} catch (error) {
			this.#rowsOfAllTime = null;
			throw error;
		}
	}
}

const idOf = ({ provider, model, collection }: Omit<StatsDelta, 'deltas'>): string =>
	`${provider}\n${model}\n${collection}`;

/** Pairs of field and increment, for the row, or for the one of all others where there are too many. */
function increments(rows: Set<string>, delta: StatsDelta): (string | number)[] {
	const { provider, model, collection, deltas } = delta;
	const id = idOf(delta);
	const fits = rows.has(id) || rows.size < MAX_ROWS;
	if (fits) rows.add(id);
	const row = fits ? [provider, model, collection] : [provider, OTHER, ''];
	return Object.entries(deltas).flatMap(([figure, by]) => [JSON.stringify([...row, figure]), by]);
}

function rowsIn(pairs: readonly string[]): StatsDelta[] {
	const rows = new Map<string, StatsDelta & { deltas: Record<string, number> }>();
	for (let index = 0; index < pairs.length; index += 2) {
		const [provider, model, collection, figure] = JSON.parse(pairs[index]!) as [Provider, string, string, string];
		const id = idOf({ provider, model, collection });
		let row = rows.get(id);
		if (row === undefined) rows.set(id, (row = { provider, model, collection, deltas: {} }));
		row.deltas[figure] = number(pairs[index + 1]);
	}
	return [...rows.values()];
}
