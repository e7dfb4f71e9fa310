import { describe, expect, it } from 'vitest';

import {
	changeTags,
	type ContentChange,
	type ContentDependency,
	dependencyTags,
} from '../../../src/cache/tags/tags.ts';
import { deriveChanges, hasRowKeys } from '../../../src/content/changes/content-changes.ts';
import { planTemplate } from '../../../src/content/templates/template-plan.ts';
import { renderTemplate } from '../../../src/content/templates/render.ts';
import { SchemaMemory } from '../../../src/content/changes/schema-changes.ts';
import { blog } from '../schema.ts';

/** Whether an answer with these dependencies is gone after the event: the truth that all of this is for. */
function drops(content: readonly ContentDependency[], changes: readonly ContentChange[]): boolean {
	const held = new Set(dependencyTags('openai', 'gpt-4o', { content, tags: [] }));
	return changes.flatMap(changeTags).some((tag) => held.has(tag));
}

const changes = (event: string, meta: Record<string, unknown>, cascades: ContentChange[] | null = null) =>
	deriveChanges(event, meta, { schema: blog, cascades });

/** Article 5 by u1, with tag 8 by junction row 1, comment 3, translation 4 and heading 7 in section 6. */
const template =
	'{{title}} {{author.first_name}} {{tags.tag_id.label}} {{comments.text}} {{translations.title}} {{sections.item:headings.text}}';
const plan = planTemplate({ prompt: template }, 'articles', blog);
if (!plan) throw new Error('no placeholders');
const { content: rendered } = renderTemplate(plan, {
	id: 5,
	title: 'Tea',
	author: { id: 'u1', first_name: 'Ann' },
	tags: [{ id: 1, tag_id: { id: 8, label: 'hot' } }],
	comments: [{ id: 3, text: 'Good' }],
	translations: [{ id: 4, title: 'Tee' }],
	sections: [{ id: 6, collection: 'headings', item: { id: 7, text: 'Head' } }],
});

const update = (collection: string, keys: unknown[], payload: object) =>
	changes('items.update', { collection, keys, payload }, []);
const create = (collection: string, payload: object) => changes('items.create', { collection, key: 99, payload });
const remove = (collection: string, keys: unknown[]) =>
	changes('items.delete', { collection, keys, payload: keys }, []);

describe('an answer rendered from an item with relations', () => {
	it.each<[string, ContentChange[]]>([
		['its own field changes', update('articles', [5], { title: 'Tee' })],
		['its own field changes, the key a string', update('articles', ['5'], { title: 'Tee' })],
		['it gets another author', update('articles', [5], { author: 'u2' })],
		['it is deleted', remove('articles', [5])],
		[
			'its author changes',
			changes('users.update', { collection: 'directus_users', keys: ['u1'], payload: { first_name: 'Bo' } }),
		],
		['its author is deleted', changes('users.delete', { collection: 'directus_users', keys: ['u1'] }, [])],
		['a comment is added', create('comments', { text: 'New', article: 5 })],
		['a comment is added nested in its article', create('comments', { text: 'New', article: { id: 5, title: 'Tea' } })],
		['a comment is moved to it', update('comments', [70], { article: '5' })],
		['its comment is moved away', update('comments', [3], { article: 6 })],
		['its comment is edited', update('comments', [3], { text: 'Better' })],
		['its comment is put elsewhere in the order', update('comments', [3], { position: 2 })],
		['comments are sorted by hand', changes('items.sort', { collection: 'comments', item: 70, to: 71 })],
		['its comment is deleted', remove('comments', [3])],
		['a tag is added', create('articles_tags', { article_id: 5, tag_id: 10 })],
		['a tag is removed', remove('articles_tags', [1])],
		['another tag is chosen', update('articles_tags', [1], { tag_id: 10 })],
		['its tag is renamed', update('tags', [8], { label: 'warm' })],
		['a translation is added', create('articles_translations', { article_id: 5, language: 'fr', title: 'Thé' })],
		['its translation is edited', update('articles_translations', [4], { title: 'Tee!' })],
		['a section is added', create('articles_sections', { article_id: 5, collection: 'quotes', item: '1' })],
		['its heading is edited', update('headings', [7], { text: 'H' })],
		[
			'a field of its collection changes',
			changes('fields.update', { collection: 'articles', keys: ['title'], payload: {} }),
		],
		[
			'a related collection is deleted',
			changes('collections.delete', { collection: 'directus_collections', keys: ['tags'] }),
		],
		['its tags are rewritten through it', update('articles', [5], { tags: { create: [], update: [], delete: [1] } })],
	])('is invalidated when %s', (_, happened) => {
		expect(drops(rendered, happened)).toBe(true);
	});

	it.each<[string, ContentChange[]]>([
		['a field that it did not use changes', update('articles', [5], { body: '…' })],
		['another article changes', update('articles', [6], { title: 'Coffee' })],
		['another article is created', create('articles', { title: 'Coffee', author: 'u1' })],
		['another article is deleted', remove('articles', [6])],
		['a comment is added to another article', create('comments', { text: 'New', article: 6 })],
		['a comment without an article is added', create('comments', { text: 'New' })],
		['a comment of another article is edited', update('comments', [70], { text: 'x', article: 6 })],
		['a comment of another article is deleted', remove('comments', [70])],
		['a tag is added to another article', create('articles_tags', { article_id: 6, tag_id: 8 })],
		['another tag is renamed', update('tags', [10], { label: 'x' })],
		['another article is translated', create('articles_translations', { article_id: 6, title: 'x' })],
		[
			'another user changes',
			changes('users.update', { collection: 'directus_users', keys: ['u2'], payload: { first_name: 'Bo' } }),
		],
		[
			'its author logs in with a new theme',
			changes('users.update', { collection: 'directus_users', keys: ['u1'], payload: { appearance: 'dark' } }),
		],
		['a quote with its heading’s key is edited', update('quotes', [7], { text: 'x' })],
		['articles are sorted by hand', changes('items.sort', { collection: 'articles', item: 5, to: 6 })],
		['Directus logs the change', changes('activity.create', { collection: 'directus_activity', key: 1, payload: {} })],
		['a field of another collection changes', changes('fields.create', { collection: 'pages', key: 'x', payload: {} })],
	])('stays valid when %s', (_, happened) => {
		expect(drops(rendered, happened)).toBe(false);
	});
});

describe('deriveChanges', () => {
	it('includes the fields that Directus writes itself with each update', () => {
		const dated = [{ collection: 'articles', items: ['5'], fields: ['date_updated'] }];
		expect(drops(dated, update('articles', [5], { body: '…' }))).toBe(true);
		expect(drops(dated, update('articles', [6], { body: '…' }))).toBe(false);
	});

	it('accepts events with the collection in their name', () => {
		const meta = { collection: 'articles', keys: [5], payload: { title: 'x' } };
		expect(changes('articles.items.update', meta)).toEqual(changes('items.update', meta));
	});

	it('touches every field of a replaced file, known or not', () => {
		const meta = { collection: 'directus_files', key: 'f1', payload: { title: 'x' } };
		const sized = (item: string) => [{ collection: 'directus_files', items: [item], fields: ['filesize'] }];
		expect(drops(sized('f1'), changes('files.upload', meta))).toBe(true);
		expect(drops(sized('f2'), changes('files.upload', meta))).toBe(false);
		expect(drops([{ collection: 'directus_files' }], changes('files.upload', meta))).toBe(true);
		expect(drops(sized('f1'), deriveChanges('files.upload', meta, { schema: null }))).toBe(true);
	});

	it('invalidates answers that depend on children which a deletion may cascade to without an event', () => {
		const comment = [{ collection: 'comments', items: ['3'], fields: ['text'] }];
		const deletion = { collection: 'articles', keys: [5] };
		expect(drops(comment, changes('items.delete', deletion))).toBe(true);
		expect(
			drops(comment, changes('items.delete', deletion, [{ kind: 'delete', collection: 'comments', items: ['3'] }])),
		).toBe(true);
		expect(
			drops(comment, changes('items.delete', deletion, [{ kind: 'delete', collection: 'comments', items: ['4'] }])),
		).toBe(false);
	});

	it('invalidates a whole collection if a foreign key was added to an update after the filter', () => {
		const list = [{ collection: 'articles', items: ['5'], fields: ['comments'] }];
		const meta = { collection: 'comments', keys: [3], payload: { text: 'x', article: 6 } };
		const knowing = (...fields: string[]) =>
			deriveChanges('items.update', meta, { schema: blog, cascades: [], fields: new Set(fields) });
		expect(drops(list, knowing('text'))).toBe(true);
		expect(drops(list, knowing('text', 'article'))).toBe(false);
	});

	it('invalidates answers that depend on a to-many field in the whole collection', () => {
		const all = [{ collection: 'articles', fields: ['comments'] }];
		expect(drops(all, create('comments', { article: 6 }))).toBe(true);
		expect(drops(all, remove('comments', [70]))).toBe(true);
		expect(drops(all, update('comments', [70], { article: null }))).toBe(true);
		expect(drops(all, update('comments', [70], { text: 'x' }))).toBe(false);
	});

	it.each([
		['relations.delete', { collection: 'comments', payload: ['article'] }],
		[
			'relations.update',
			{ collection: 'directus_relations', keys: [blog.relations[3]?.meta?.id], payload: { sort_field: 'x' } },
		],
	])('changes both collections of a relation on %s', (event, meta) => {
		expect(changes(event, meta)).toEqual(
			expect.arrayContaining([
				{ kind: 'schema', collection: 'comments' },
				{ kind: 'schema', collection: 'articles' },
			]),
		);
	});

	it.each([
		['users.update', { collection: 'directus_users', keys: ['u1'], payload: { last_page: '/content/articles' } }],
		['users.update', { collection: 'directus_users', keys: ['u1'], payload: { last_access: '2026-01-01' } }],
		['presets.create', { collection: 'directus_presets', key: 1, payload: { layout: 'tabular' } }],
		['presets.update', { collection: 'directus_presets', keys: [1], payload: { layout: 'cards' } }],
	])('ignores events that the Studio itself causes: %s of %j', (event, meta) => {
		expect(changes(event, meta)).toEqual([]);
	});

	it('reports the other fields of a user update that also writes the last page', () => {
		const payload = { last_page: '/users', first_name: 'Bo' };
		expect(drops(rendered, changes('users.update', { collection: 'directus_users', keys: ['u1'], payload }))).toBe(
			true,
		);
	});

	it('invalidates every possible target of a relation that is already deleted', () => {
		const relations = blog.relations.filter(({ collection, field }) => `${collection}.${field}` !== 'comments.article');
		const gone = deriveChanges(
			'relations.delete',
			{ collection: 'comments', payload: ['article'] },
			{ schema: { ...blog, relations } },
		);
		expect(drops([{ collection: 'articles', items: ['5'], fields: ['comments'] }], gone)).toBe(true);
	});

	it.each([
		['made, which may bear the name of one that is gone', 'relations.create'],
		['changed, which may lead to more', 'relations.update'],
	])(
		'invalidates the former target of a relation deleted with its field or collection, unless one was %s',
		(_, event) => {
			const memory = new SchemaMemory();
			const relations = blog.relations.filter(
				({ collection, field }) => `${collection}.${field}` !== 'comments.article',
			);
			const meta = { collection: 'comments', payload: ['article'] };
			const gone = () =>
				deriveChanges('relations.delete', meta, { schema: { ...blog, relations }, before: memory.before });
			const led = [{ collection: 'articles', items: ['5'], fields: ['comments'] }];
			const elsewhere = [{ collection: 'directus_users' }];
			memory.observe('fields.delete', blog);
			expect([drops(led, gone()), drops(elsewhere, gone())]).toEqual([true, false]);
			memory.observe(event, blog);
			expect([drops(led, gone()), drops(elsewhere, gone())]).toEqual([true, true]);
			memory.observe('collections.delete', blog);
			expect([drops(led, gone()), drops(elsewhere, gone())]).toEqual([true, false]);
		},
	);

	it.each([
		['create', 'user-created'],
		['update', 'user-updated'],
	])('invalidates lists whose foreign key Directus fills in itself on %s', (action, special) => {
		const filled = (name: string) => {
			const { comments } = blog.collections;
			const article = { ...comments!.fields['article']!, special: [name] };
			const fields = { ...comments!.fields, article };
			const schema = { ...blog, collections: { ...blog.collections, comments: { ...comments!, fields } } };
			const meta = { collection: 'comments', key: 3, keys: [3], payload: { text: 'x' } };
			return deriveChanges(`items.${action}`, meta, { schema, cascades: [] });
		};
		const list = [{ collection: 'articles', items: ['5'], fields: ['comments'] }];
		const all = [{ collection: 'articles', fields: ['comments'] }];
		expect([drops(list, filled(special)), drops(all, filled(special))]).toEqual([true, true]);
		expect([drops(list, filled('m2o')), drops(all, filled('m2o'))]).toEqual([false, false]);
		expect(drops([{ collection: 'articles', items: ['5'], fields: ['title'] }], filled(special))).toBe(false);
	});

	it.each([
		['items.update', 'articles', true],
		['users.delete', 'directus_users', true],
		['collections.delete', 'directus_collections', true],
		['fields.delete', 'articles', false],
		['fields.update', 'directus_users', false],
	])('tells whether an event has row keys: %s of %s', (event, collection, rows) => {
		expect(hasRowKeys(event, collection)).toBe(rows);
	});

	it.each([
		['foo.update', {}],
		['foo.update', { collection: 7, keys: null, payload: 'x' }],
		['items.read', { collection: 'articles' }],
		['server.start', {}],
	])('ignores events without content changes: %s', (event, meta) => {
		expect(changes(event, meta)).toEqual([]);
	});

	it('reports the item itself even without a schema', () => {
		const meta = { collection: 'articles', keys: [5], payload: { title: 'x' } };
		expect(deriveChanges('items.update', meta, { schema: null })).toEqual([
			{ kind: 'update', collection: 'articles', items: ['5'], fields: ['title'] },
		]);
	});
});
