import { describe, expect, it } from 'vitest';

import {
	changeTags,
	type ContentChange,
	type ContentDependency,
	dependencyTags,
} from '../../../src/cache/tags/tags.ts';
import { deriveChanges } from '../../../src/content/changes/content-changes.ts';
import { blog } from '../schema.ts';

function drops(content: readonly ContentDependency[], happened: readonly ContentChange[]): boolean {
	const held = new Set(dependencyTags('openai', 'gpt-4o', { content, tags: [] }));
	return happened.flatMap(changeTags).some((tag) => held.has(tag));
}

const changes = (event: string, meta: Record<string, unknown>) => deriveChanges(event, meta, { schema: blog });
const rendered = [{ collection: 'articles', items: ['5'], fields: ['author', 'comments', 'title'] }];

describe('schema changes', () => {
	it('of a new relation invalidate only answers that depend on its whole collections or items', () => {
		const made = changes('relations.create', {
			collection: 'directus_relations',
			key: 1,
			payload: {
				many_collection: 'comments',
				many_field: 'article',
				one_collection: 'articles',
				one_field: 'comments',
			},
		});
		const whole = [{ collection: 'articles' }, { collection: 'comments' }, { collection: 'articles', items: ['5'] }];
		expect(whole.map((one) => drops([one], made))).toEqual([true, true, true]);
		expect(drops([{ collection: 'articles', items: ['5'], fields: ['comments'] }], made)).toBe(true);
		expect(drops([{ collection: 'articles', items: ['5'], fields: ['title'] }], made)).toBe(false);
		expect(drops([{ collection: 'tags' }], made)).toBe(false);
	});

	describe('of a new field', () => {
		const whole = [{ collection: 'articles' }];
		const wholeItem = [{ collection: 'articles', items: ['5'] }];
		const title = [{ collection: 'articles', items: ['5'], fields: ['title'] }];
		const titles = [{ collection: 'articles', fields: ['title'] }];
		const made = (field: object) =>
			changes('fields.create', { collection: 'articles', key: 'summary', payload: { field: 'summary', ...field } });
		const dropped = (field: object) =>
			[whole, wholeItem, title, titles, rendered].map((content) => drops(content, made(field)));

		it('invalidate only answers that depend on the whole collection', () => {
			expect(dropped({ type: 'text', schema: {}, meta: {} })).toEqual([true, false, false, false, false]);
		});

		it('also invalidate answers that depend on a whole item if the field has a default value', () => {
			const field = { type: 'string', schema: { default_value: 'draft' } };
			expect(dropped(field)).toEqual([true, true, false, false, false]);
		});

		it('invalidate nothing if the field is an alias', () => {
			expect(dropped({ type: 'alias', meta: { interface: 'ai-cache-item' } })).toEqual([
				false,
				false,
				false,
				false,
				false,
			]);
		});
	});

	it('of a field invalidate nothing if only its display changes, and everything if its type or meaning may change', () => {
		const changed = (payload: object) =>
			drops(rendered, changes('fields.update', { collection: 'articles', keys: ['title'], payload }));
		expect(changed({ field: 'title', meta: { sort: 3, width: 'half', note: 'x' } })).toBe(false);
		expect(changed({ field: 'title', meta: { special: ['conceal'] } })).toBe(true);
		expect(changed({ field: 'title', type: 'text', meta: { sort: 3 } })).toBe(true);
	});
});
