import { ENTRY_SORTS, PROVIDERS, type EntrySort, type Provider, type StatsReport } from '../../shared/api-types.ts';

/** The filter of the entry list, which the page's URL holds. */
export interface EntryFilter {
	provider?: Provider;
	model?: string;
	collection?: string;
	item?: string;
	tag?: string;
	search?: string;
}

export interface EntrySorting {
	by: EntrySort;
	desc: boolean;
}

export const DEFAULT_SORTING: EntrySorting = { by: 'created', desc: true };

const TEXT_FILTERS = ['model', 'collection', 'item', 'tag', 'search'] as const;

type Query = Record<string, unknown>;

/** Parses the filter from a URL. Drops unknown and empty values, and an item without a collection. */
export function parseFilter(query: Query): EntryFilter {
	const filter: EntryFilter = {};
	const provider = PROVIDERS.find((candidate) => candidate === query['provider']);
	if (provider) filter.provider = provider;

	for (const name of TEXT_FILTERS) {
		const value = query[name];
		if (typeof value === 'string' && value !== '') filter[name] = value;
	}

	if (filter.collection === undefined) delete filter.item;
	return filter;
}

/** Builds the URL query for a filter and a sorting. Leaves out default values. */
export function buildQuery(filter: EntryFilter, sorting: EntrySorting): Record<string, string> {
	const query: Record<string, string> = {};
	for (const [name, value] of Object.entries(filter as Record<string, string>)) if (value) query[name] = value;
	const sort = formatSorting(sorting);
	if (sort !== formatSorting(DEFAULT_SORTING)) query['sort'] = sort;
	return query;
}

interface Choice {
	text: string;
	value: string;
}

/** Lists the provider's models, or all models if no provider is selected. */
export function listModelChoices(stats: StatsReport | null, provider: Provider | undefined): Choice[] {
	if (!stats) return [];
	const models = PROVIDERS.filter((name) => (provider ?? name) === name).flatMap((name) =>
		Object.keys(stats.providers[name].models),
	);
	return buildChoices(models);
}

export function listCollectionChoices(stats: StatsReport | null): Choice[] {
	return buildChoices(Object.keys(stats?.collections ?? {}));
}

const buildChoices = (names: string[]): Choice[] =>
	[...new Set(names)].sort((a, b) => a.localeCompare(b)).map((name) => ({ text: name, value: name }));

/** Formats the `sort` parameter of `GET /entries`, for example `-created` for newest first. */
export function formatSorting({ by, desc }: EntrySorting): EntrySort | `-${EntrySort}` {
	return desc ? `-${by}` : by;
}

export function parseSorting(value: unknown): EntrySorting {
	if (typeof value !== 'string') return DEFAULT_SORTING;
	const desc = value.startsWith('-');
	const by = ENTRY_SORTS.find((sort) => sort === (desc ? value.slice(1) : value));
	return by ? { by, desc } : DEFAULT_SORTING;
}
