import type { SeriesPoint } from '../../shared/api-types.ts';

/** The counts that the activity chart stacks, from bottom to top. */
export const STACK = ['hits', 'stale', 'misses'] as const;
export type StackPart = (typeof STACK)[number];

export interface Bucket {
	at: string;
	hits: number;
	stale: number;
	misses: number;
	bypassed: number;
	saved_usd: number;
	saved_tokens: number;
}

export interface Bar {
	bucket: Bucket;
	x: number;
	width: number;
	segments: { part: StackPart; y: number; height: number }[];
}

export interface Plot {
	width: number;
	height: number;
}

/** Merges neighboring points into at most `most` buckets. `span` is the number of points per bucket. */
export function mergeBuckets(points: SeriesPoint[], most: number): { buckets: Bucket[]; span: number } {
	const span = Math.max(1, Math.ceil(points.length / Math.max(1, most)));
	const buckets: Bucket[] = [];

	for (let start = 0; start < points.length; start += span) {
		const merged = mergePoints(points.slice(start, start + span));
		if (merged) buckets.push(merged);
	}

	return { buckets, span };
}

function mergePoints(points: SeriesPoint[]): Bucket | null {
	const [first] = points;
	if (!first) return null;

	const sum = (name: Exclude<keyof Bucket, 'at'>) => points.reduce((total, point) => total + point[name], 0);

	return {
		at: first.at,
		hits: sum('hits'),
		stale: sum('stale'),
		misses: sum('misses'),
		bypassed: sum('bypassed'),
		saved_usd: sum('saved_usd'),
		saved_tokens: sum('saved_tokens'),
	};
}

/** Computes (hits + stale) ÷ lookups, like `Figures.hit_rate`; null if there were no lookups. */
export function computeHitRate(bucket: Bucket): number | null {
	const lookups = bucket.hits + bucket.stale + bucket.misses;
	return lookups === 0 ? null : (bucket.hits + bucket.stale) / lookups;
}

/** Returns the smallest of 1, 2, 4, 6, 8 or 10 × 10ⁿ that is not below `value` and `least`. Half of it is a round number too. */
export function roundUpAxis(value: number, least = 4): number {
	if (value <= least) return least;
	const magnitude = 10 ** Math.floor(Math.log10(value));
	const step = [1, 2, 4, 6, 8, 10].find((candidate) => candidate * magnitude >= value) ?? 10;
	return step * magnitude;
}

/** Builds stacked columns. `top` is the value at the plot's upper edge. Every count above 0 gets at least one pixel. */
export function buildStackedBars(buckets: Bucket[], plot: Plot, top: number): Bar[] {
	const slot = plot.width / Math.max(1, buckets.length);
	const width = Math.max(1, Math.min(slot * 0.7, 28));

	return buckets.map((bucket, index) => {
		let y = plot.height;
		const segments = STACK.filter((part) => bucket[part] > 0).map((part) => {
			const height = Math.max(1, (bucket[part] / top) * plot.height);
			y -= height;
			return { part, y, height };
		});
		return { bucket, x: index * slot + (slot - width) / 2, width, segments };
	});
}

/** Picks the indexes of at most `most` evenly spaced axis labels. */
export function pickLabelIndexes(length: number, most: number): number[] {
	const step = Math.max(1, Math.ceil(length / Math.max(1, most)));
	return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

/** Half the width of the longest axis label, in pixels. */
const LABEL_HALF = 32;

/** Returns the position and anchor of a slot's label, so that neither end of the axis truncates it. */
export function placeLabel(
	index: number,
	count: number,
	slot: number,
): { x: number; anchor: 'start' | 'middle' | 'end' } {
	const middle = slot * (index + 0.5);
	if (index === 0) return { x: middle, anchor: 'start' };
	return count * slot - middle < LABEL_HALF ? { x: count * slot, anchor: 'end' } : { x: middle, anchor: 'middle' };
}

/**
 * Builds the `d` attribute of a line through `values`, from 0 at the bottom to `top`. Null values are gaps. A single
 * value between two gaps becomes a stroke of zero length, which round line caps draw as a dot.
 */
export function buildLinePath(values: (number | null)[], plot: Plot, top: number): string {
	const slot = plot.width / Math.max(1, values.length);

	return values
		.flatMap((value, index) => {
			if (value === null) return [];
			const x = (index * slot + slot / 2).toFixed(1);
			const y = (plot.height - (Math.min(value, top) / (top || 1)) * plot.height).toFixed(1);
			const starts = (values[index - 1] ?? null) === null;
			const ends = (values[index + 1] ?? null) === null;
			return [`${starts ? 'M' : 'L'}${x} ${y}${starts && ends ? 'h0' : ''}`];
		})
		.join('');
}
