import type { Figures, SeriesPoint } from '../../shared/api-types.ts';
import type { StatsBucket, StatsDelta } from '../store.ts';
import type { Counter } from './recorder.ts';

export type Counts = Record<Counter, number>;

export const noCounts = (): Counts => ({
	hits: 0,
	misses: 0,
	stale: 0,
	coalesced: 0,
	hits_without_usage: 0,
	bypassed: 0,
	stored: 0,
	stored_bytes: 0,
	errors: 0,
	refreshed: 0,
	refreshed_usd: 0,
	saved_usd: 0,
	saved_tokens: 0,
	saved_ms: 0,
	spent_usd: 0,
	spent_tokens: 0,
	spent_ms: 0,
});

export function addRow(counts: Counts, row: StatsDelta): void {
	for (const name in counts) counts[name as Counter] += row.deltas[name] ?? 0;
}

/** Rates and sums as they are shown. Hit rate: (hits + stale) ÷ (hits + misses + stale), 0 where nothing was looked up. */
export function toFigures(counts: Counts): Figures {
	const lookups = counts.hits + counts.misses + counts.stale;
	return {
		lookups,
		hits: counts.hits,
		misses: counts.misses,
		stale: counts.stale,
		coalesced: counts.coalesced,
		hits_without_usage: counts.hits_without_usage,
		bypassed: counts.bypassed,
		stored: counts.stored,
		stored_bytes: counts.stored_bytes,
		errors: counts.errors,
		refreshed: counts.refreshed,
		hit_rate: lookups === 0 ? 0 : (counts.hits + counts.stale) / lookups,
		saved: { usd: counts.saved_usd, tokens: counts.saved_tokens, ms: counts.saved_ms },
		spent: { usd: counts.spent_usd, tokens: counts.spent_tokens, ms: counts.spent_ms },
	};
}

/** Adds up the rows of all buckets by what `nameOf` says; rows for which it says null are left out. */
export function groupRows(
	buckets: readonly StatsBucket[],
	nameOf: (row: StatsDelta) => string | null,
): Map<string, Counts> {
	const groups = new Map<string, Counts>();
	for (const { rows } of buckets) {
		for (const row of rows) {
			const name = nameOf(row);
			if (name === null) continue;
			let counts = groups.get(name);
			if (counts === undefined) groups.set(name, (counts = noCounts()));
			addRow(counts, row);
		}
	}
	return groups;
}

export function total(buckets: readonly StatsBucket[]): Counts {
	return groupRows(buckets, () => '').get('') ?? noCounts();
}

/** One point per bucket start, zeros where nothing happened. */
export function series(buckets: readonly StatsBucket[], starts: readonly number[]): SeriesPoint[] {
	const byStart = new Map(buckets.map((bucket) => [bucket.at, bucket]));
	return starts.map((at) => {
		const bucket = byStart.get(at);
		const figures = toFigures(bucket ? total([bucket]) : noCounts());
		return {
			at: new Date(at).toISOString(),
			hits: figures.hits,
			misses: figures.misses,
			stale: figures.stale,
			bypassed: figures.bypassed,
			hit_rate: figures.hit_rate,
			saved_usd: figures.saved.usd,
			saved_tokens: figures.saved.tokens,
			saved_ms: figures.saved.ms,
			spent_usd: figures.spent.usd,
		};
	});
}
