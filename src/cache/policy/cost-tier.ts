import type { CostTier, Provider } from '../../shared/api-types.ts';

/** Tiers by model name, per provider. A name stands for its dated snapshots and its `-latest` too. */
export type CostTierTable = Readonly<Partial<Record<Provider, Readonly<Record<string, CostTier>>>>>;

export const NAMED_TIERS: Readonly<Record<Provider, Readonly<Record<string, CostTier>>>> = {
	openai: { 'gpt-3.5-turbo': 'low', 'gpt-4': 'high', 'gpt-4-turbo': 'high' },
	anthropic: {
		'claude-instant': 'medium',
		// Neither family was served under its bare name alone: these are all that existed.
		'claude-instant-1': 'medium',
		'claude-instant-1.2': 'medium',
		'claude-2': 'high',
		'claude-2.0': 'high',
		'claude-2.1': 'high',
		'claude-3-opus': 'very_high',
		'claude-3-sonnet': 'high',
		'claude-3-haiku': 'medium',
	},
	mistral: { 'mistral-tiny': 'low', 'mistral-small': 'medium', 'mistral-medium': 'medium', 'mistral-large': 'high' },
	deepseek: { 'deepseek-coder': 'medium', 'deepseek-chat': 'medium' },
};

/** `-latest`, `-2024-04-09`, `-20240229`, `-0613`, `-2407`, each with `-preview` or without. */
const SNAPSHOT = /^-(?:latest|\d{4}-\d{2}-\d{2}|\d{8}|\d{4})(?:-preview)?$/;

/** Upper bounds, exclusive, in USD per million output tokens; above the last: very high. */
const PRICE_BOUNDS: readonly (readonly [number, CostTier])[] = [
	[2, 'low'],
	[6, 'medium'],
	[40, 'high'],
];

export interface CostTierSources {
	/** `AI_CACHE_COST_TIERS`: wins over everything. */
	operator?: CostTierTable;
	/** USD per million output tokens (input tokens where a model has no output price), null where unknown. */
	price?: number | null;
}

/** The tier of a model: the operator's word, the named tier, the price's, else medium. */
export function costTier(provider: Provider, model: string, sources: CostTierSources = {}): CostTier {
	return (
		namedTier(sources.operator?.[provider], model) ??
		namedTier(NAMED_TIERS[provider], model) ??
		(sources.price === undefined || sources.price === null ? 'medium' : tierOfPrice(sources.price))
	);
}

/** Tier of a price in USD per million output tokens: under 2 low, under 6 medium, under 40 high, else very high. */
export function tierOfPrice(price: number): CostTier {
	return PRICE_BOUNDS.find(([bound]) => price < bound)?.[1] ?? 'very_high';
}

/** Whether a model is a dated snapshot, or the `-latest`, of the named one: `gpt-4-0613` of `gpt-4`, and `gpt-4o` not. */
export const isSnapshotOf = (model: string, name: string): boolean =>
	model.startsWith(name) && SNAPSHOT.test(model.slice(name.length));

/** The longest name of the table that the model is, or is a snapshot of. */
function namedTier(table: Readonly<Record<string, CostTier>> | undefined, model: string): CostTier | undefined {
	if (!table) return undefined;
	if (Object.hasOwn(table, model)) return table[model];
	const name = Object.keys(table)
		.filter((candidate) => isSnapshotOf(model, candidate))
		.reduce<string | undefined>((longest, next) => (next.length > (longest?.length ?? 0) ? next : longest), undefined);
	return name === undefined ? undefined : table[name];
}
