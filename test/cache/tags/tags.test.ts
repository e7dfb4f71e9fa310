import { describe, expect, it } from 'vitest';
import {
	changeTags,
	type ContentChange,
	type ContentDependency,
	criteriaTagSets,
	dependencyTags,
	itemTag,
	modelTag,
	purgeTags,
} from '../../../src/cache/tags/tags.ts';
import type { InvalidationCriteria } from '../../../src/shared/api-types.ts';

const tagsOf = (...content: ContentDependency[]) => dependencyTags('openai', 'gpt-4o', { content, tags: ['free'] });
const meets = (held: readonly string[], taken: readonly string[]) => held.some((tag) => taken.includes(tag));

/** Whether what depends on the content is gone after the change. */
const gone = (dependency: ContentDependency, change: ContentChange) => meets(tagsOf(dependency), changeTags(change));
const update = (items: string[], fields: string[]): ContentChange => ({
	kind: 'update',
	collection: 'articles',
	items,
	fields,
});

describe('dependency tags', () => {
	it('keep a purge of everything, the provider or the model in reach of every answer', () => {
		const held = dependencyTags('openai', 'gpt-4o', { content: [], tags: [] });
		for (const criteria of [
			{ all: true },
			{ provider: 'openai' },
			{ model: 'gpt-4o' },
		] satisfies InvalidationCriteria[]) {
			expect(meets(held, purgeTags(criteria)!)).toBe(true);
		}
		expect(meets(held, purgeTags({ provider: 'mistral' })!)).toBe(false);
		expect(meets(held, purgeTags({ model: 'gpt-4' })!)).toBe(false);
	});

	it('name nothing twice', () => {
		const held = tagsOf({ collection: 'a', items: ['1'] }, { collection: 'a', items: ['1', '2'] });
		expect(new Set(held).size).toBe(held.length);
	});

	it.each([
		['1', '01'],
		['1', ' 1'],
		['1', '1.0'],
		['-7', '-07'],
		['aa0d1c5e-0000-4000-8000-00000000beef', 'AA0D1C5E-0000-4000-8000-00000000BEEF'],
		['en-US', 'en-us'],
	])('are those of one item, however its key is spelled: %j and %j', (one, other) => {
		const change = { kind: 'update', collection: 'a', fields: ['title'] } as const;
		for (const fields of [undefined, ['title']]) {
			for (const [declared, told] of [
				[one, other],
				[other, one],
			]) {
				const held = tagsOf({ collection: 'a', items: [declared!], ...(fields && { fields }) });
				expect(meets(held, changeTags({ ...change, items: [told!] }))).toBe(true);
			}
		}
	});

	it('never take one name for another, whatever signs are in it', () => {
		const names = [
			'a',
			'a/b',
			'a:b',
			'a%2Fb',
			'a%',
			'a/b:c',
			'',
			'1',
			'11',
			'1/0',
			'9007199254740993',
			'9007199254740992',
		];
		const tags = names.flatMap((one) => names.map((other) => itemTag(one, other)));
		expect(new Set(tags).size).toBe(tags.length);
		expect(new Set(names.map((name) => modelTag('openai', name))).size).toBe(names.length);
	});
});

describe('a change of the content', () => {
	const item = { collection: 'articles', items: ['5'] };
	const field = { ...item, fields: ['title'] };
	const whole = { collection: 'articles' };
	const wholeField = { ...whole, fields: ['title'] };

	it.each<[string, ContentChange, { item: boolean; field: boolean; whole: boolean; wholeField: boolean }]>([
		['update of the field', update(['5'], ['title']), { item: true, field: true, whole: true, wholeField: true }],
		['update of another field', update(['5'], ['body']), { item: true, field: false, whole: true, wholeField: false }],
		['update of another item', update(['6'], ['title']), { item: false, field: false, whole: true, wholeField: true }],
		[
			'creation',
			{ kind: 'create', collection: 'articles', items: ['5'] },
			{ item: true, field: true, whole: true, wholeField: true },
		],
		[
			'creation of another item',
			{ kind: 'create', collection: 'articles', items: ['6'] },
			{ item: false, field: false, whole: true, wholeField: true },
		],
		[
			'deletion',
			{ kind: 'delete', collection: 'articles', items: ['5'] },
			{ item: true, field: true, whole: true, wholeField: true },
		],
		['sort', { kind: 'sort', collection: 'articles' }, { item: false, field: false, whole: true, wholeField: true }],
		[
			'new relation of the field',
			{ kind: 'relation', collection: 'articles', items: ['5'], fields: ['title'] },
			{ item: false, field: true, whole: false, wholeField: true },
		],
		[
			'schema change',
			{ kind: 'schema', collection: 'articles' },
			{ item: true, field: true, whole: true, wholeField: true },
		],
		[
			'change elsewhere',
			{ kind: 'schema', collection: 'pages' },
			{ item: false, field: false, whole: false, wholeField: false },
		],
	])('by %s takes what depends on it, and nothing else', (_, change, expected) => {
		expect({
			item: gone(item, change),
			field: gone(field, change),
			whole: gone(whole, change),
			wholeField: gone(wholeField, change),
		}).toEqual(expected);
	});
});

describe('a purge', () => {
	it.each<[InvalidationCriteria, ContentDependency, boolean]>([
		[{ collection: 'articles' }, { collection: 'articles', items: ['5'], fields: ['title'] }, true],
		[{ collection: 'articles', items: [5] }, { collection: 'articles', items: ['5'], fields: ['title'] }, true],
		[{ collection: 'articles', items: ['5'] }, { collection: 'articles', items: ['6'] }, false],
		[{ collection: 'articles', items: [5], fields: ['title'] }, { collection: 'articles', items: ['5'] }, true],
		[
			{ collection: 'articles', items: [5], fields: ['title'] },
			{ collection: 'articles', items: ['5'], fields: ['body'] },
			false,
		],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'articles', fields: ['title'] }, true],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'articles' }, true],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'articles', items: ['5'], fields: ['title'] }, true],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'articles', items: ['5'] }, true],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'articles', items: ['5'], fields: ['body'] }, false],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'articles', fields: ['body'] }, false],
		[{ collection: 'articles', fields: ['title'] }, { collection: 'pages', fields: ['title'] }, false],
		[{ tags: ['free', 'other'] }, { collection: 'pages' }, true],
	])('by %j against %j: %s', (criteria, dependency, expected) => {
		expect(meets(tagsOf(dependency), purgeTags(criteria)!)).toBe(expected);
	});

	it('by one kind of criteria is a list of tags; combined, sets of which each must be met', () => {
		expect(purgeTags({})).toBeNull();
		expect(purgeTags({ all: true })).toEqual(['*']);
		expect(purgeTags({ provider: 'openai', model: 'gpt-4o' })).toEqual(['m:openai/gpt-4o']);
		expect(purgeTags({ provider: 'openai', collection: 'articles' })).toBeNull();
		expect(purgeTags({ key: 'k' })).toBeNull();
		expect(criteriaTagSets({ provider: 'openai', collection: 'articles', tags: ['a', 'b'] })).toEqual([
			['p:openai'],
			['c:articles'],
			['t:a', 't:b'],
		]);
		expect(criteriaTagSets({})).toEqual([['*']]);
	});
});
