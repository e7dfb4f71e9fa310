import { STATS_INTERVALS, type StatsInterval } from '../../shared/api-types.ts';
import { bucketStart, bucketStarts, INTERVAL_MS, MAX_ROWS, OTHER, RETENTION_MS } from '../../cache/stats/buckets.ts';
import type { StatsBucket, StatsDelta } from '../../cache/store.ts';

interface Row extends StatsDelta {
	deltas: Record<string, number>;
}

type Bucket = Map<string, Row>;

/** Buckets of counters, kept in the process. */
export class StatsTable {
	readonly #buckets: Record<StatsInterval, Map<number, Bucket>> = {
		minute: new Map(),
		hour: new Map(),
		day: new Map(),
	};
	readonly #totals: Bucket = new Map();

	add(at: number, deltas: readonly StatsDelta[]): void {
		for (const interval of STATS_INTERVALS) {
			const bucket = this.#bucket(interval, bucketStart(interval, at));
			for (const delta of deltas) addTo(bucket, delta);
		}
		for (const delta of deltas) addTo(this.#totals, delta);
	}

	/** The rows of all time. */
	totals(): StatsDelta[] {
		return [...this.#totals.values()];
	}

	read(interval: StatsInterval, from: number, to: number): StatsBucket[] {
		const buckets: StatsBucket[] = [];
		for (const at of bucketStarts(interval, from, to)) {
			const bucket = this.#buckets[interval].get(at);
			if (bucket) buckets.push({ at, rows: [...bucket.values()] });
		}
		return buckets;
	}

	#bucket(interval: StatsInterval, start: number): Bucket {
		const buckets = this.#buckets[interval];
		let bucket = buckets.get(start);
		if (bucket === undefined) {
			bucket = new Map();
			buckets.set(start, bucket);
			for (const at of buckets.keys())
				if (at < start - RETENTION_MS[interval] - INTERVAL_MS[interval]) buckets.delete(at);
		}
		return bucket;
	}
}

function addTo(bucket: Bucket, { provider, model, collection, deltas }: StatsDelta): void {
	let id = JSON.stringify([provider, model, collection]);
	if (!bucket.has(id) && bucket.size >= MAX_ROWS) {
		[model, collection] = [OTHER, ''];
		id = JSON.stringify([provider, model, collection]);
	}
	let row = bucket.get(id);
	if (row === undefined) bucket.set(id, (row = { provider, model, collection, deltas: {} }));
	for (const [name, by] of Object.entries(deltas)) row.deltas[name] = (row.deltas[name] ?? 0) + by;
}
