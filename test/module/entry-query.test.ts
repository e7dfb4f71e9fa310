import { describe, expect, it } from 'vitest';
import type { StatsReport } from '../../src/shared/api-types.ts';
import {
	listCollectionChoices,
	parseFilter,
	listModelChoices,
	parseSorting,
	formatSorting,
	buildQuery,
} from '../../src/module/lib/entry-query.ts';

describe('filter in the URL of the entries page', () => {
	it('survives a round trip through the URL', () => {
		const filter = { provider: 'openai', model: 'gpt-4o', collection: 'articles', item: '5', tag: 'news' } as const;
		const query = buildQuery(filter, { by: 'hits', desc: true });
		expect(parseFilter(query)).toEqual(filter);
		expect(parseSorting(query['sort'])).toEqual({ by: 'hits', desc: true });
	});

	it('leaves out default values', () => {
		expect(buildQuery({}, { by: 'created', desc: true })).toEqual({});
	});

	it('drops unknown values', () => {
		expect(parseFilter({ provider: 'acme', model: '', tag: ['a', 'b'], other: 'x' })).toEqual({});
		expect(parseFilter({ item: '5' })).toEqual({});
		expect(parseSorting('-usd')).toEqual({ by: 'created', desc: true });
	});

	it('requests descending order with a minus', () => {
		expect(formatSorting({ by: 'size', desc: true })).toBe('-size');
		expect(formatSorting({ by: 'expires', desc: false })).toBe('expires');
	});
});

describe('choices of the entry filters', () => {
	const stats = {
		providers: {
			openai: { models: { 'gpt-4o-mini': {}, 'gpt-4o': {} } },
			anthropic: { models: { 'claude-haiku-4-5': {} } },
			mistral: { models: {} },
			deepseek: { models: {} },
		},
		collections: { pages: {}, articles: {} },
	} as unknown as StatsReport;
	const valuesOf = (choices: { value: string }[]) => choices.map(({ value }) => value);

	it('list the models of the selected provider, or all models, in order', () => {
		expect(valuesOf(listModelChoices(stats, undefined))).toEqual(['claude-haiku-4-5', 'gpt-4o', 'gpt-4o-mini']);
		expect(valuesOf(listModelChoices(stats, 'openai'))).toEqual(['gpt-4o', 'gpt-4o-mini']);
		expect(listModelChoices(stats, 'mistral')).toEqual([]);
	});

	it('list the known collections, and none before the figures are loaded', () => {
		expect(valuesOf(listCollectionChoices(stats))).toEqual(['articles', 'pages']);
		expect([...listModelChoices(null, undefined), ...listCollectionChoices(null)]).toEqual([]);
	});
});
