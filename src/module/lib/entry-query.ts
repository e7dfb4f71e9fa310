import { ENTRY_SORTS, PROVIDERS, type EntrySort, type Provider, type StatsReport } from '../../contract.ts';

/** What narrows the list of entries; kept in the page's address. */
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

/** Reads the filter from an address; what is unknown or empty is left out, and so is an item of no collection. */
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

/** The address's query for a filter and a sort; what is at its default is left out. */
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

/** The models to narrow the list by: those of the provider, else of all. */
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

/** As `GET /entries?sort=` wants it: `-created` for newest first. */
export function formatSorting({ by, desc }: EntrySorting): EntrySort | `-${EntrySort}` {
	return desc ? `-${by}` : by;
}

export function parseSorting(value: unknown): EntrySorting {
	if (typeof value !== 'string') return DEFAULT_SORTING;
	const desc = value.startsWith('-');
	const by = ENTRY_SORTS.find((sort) => sort === (desc ? value.slice(1) : value));
	return by ? { by, desc } : DEFAULT_SORTING;
}
