import * as z from 'zod';
import { ENTRY_SORTS, STATS_INTERVALS } from '../shared/api-types.ts';
import type { EntryQuery } from '../cache/entry.ts';
import { parse, provider } from '../services/validation/generation-schema.ts';
import { once } from '../services/utils/lazy.ts';
import type { StatsQuery } from '../services/admin/stats-service.ts';
import type { Query } from './http.ts';

/** The latest time that a `Date` can represent (ECMA-262 §21.4.1.1). */
const LATEST_MS = 8.64e15;

const time = once(() =>
	z.string().transform((value, context) => {
		const at = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
		if (Math.abs(at) <= LATEST_MS) return at;
		context.addIssue({ code: 'custom', message: 'must be a time such as 2026-01-31T12:00:00Z' });
		return z.NEVER;
	}),
);

const statsSchema = once(() =>
	z.strictObject({
		provider: provider().optional(),
		model: z.string().min(1).optional(),
		collection: z.string().min(1).optional(),
		from: time().optional(),
		to: time().optional(),
		interval: z.enum(STATS_INTERVALS, `must be one of ${STATS_INTERVALS.join(', ')}`).optional(),
	}),
);

const limit = (fallback: number, max: number) =>
	z.coerce
		.number('must be a number')
		.int('must be a whole number')
		.min(1, 'must be at least 1')
		.max(max, `must be at most ${max}`)
		.default(fallback);

const sorts = ENTRY_SORTS.flatMap((name) => [name, `-${name}`]);
const entrySchema = once(() =>
	z.strictObject({
		provider: provider().optional(),
		model: z.string().min(1).optional(),
		collection: z.string().min(1).optional(),
		item: z.string().min(1).optional(),
		tag: z.string().min(1).optional(),
		search: z.string().optional(),
		sort: z.enum(sorts, `must be one of ${sorts.join(', ')}`).default('-created'),
		limit: limit(25, 200),
		cursor: z.string().min(1).optional(),
	}),
);

const listSchema = once(() => z.looseObject({ limit: limit(50, 500), cursor: z.string().min(1).optional() }));
const topSchema = once(() => z.looseObject({ top: limit(20, 200) }));

const omitEmpty = (query: Query): Query =>
	Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== ''));

/** Like all parsers here, throws an `InvalidRequestError` that names the parameter. */
export const parseStatsQuery = (query: Query): StatsQuery => parse(statsSchema(), omitEmpty(query)) as StatsQuery;

export function parseEntryQuery(query: Query): EntryQuery {
	const { sort, cursor, ...rest } = parse(entrySchema(), omitEmpty(query));
	return {
		...rest,
		sort: sort.replace('-', '') as EntryQuery['sort'],
		descending: sort.startsWith('-'),
		cursor: cursor ?? null,
	} as EntryQuery;
}

export function parseLimit(query: Query, name: 'limit' | 'top' = 'limit'): number {
	return name === 'top' ? parse(topSchema(), omitEmpty(query)).top : parse(listSchema(), omitEmpty(query)).limit;
}
