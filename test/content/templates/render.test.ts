import { describe, expect, it } from 'vitest';

import { DEFAULT_LIMITS, planTemplate, type TemplateLimits } from '../../../src/content/templates/template-plan.ts';
import { renderTemplate } from '../../../src/content/templates/render.ts';
import { blog } from '../schema.ts';

function render(prompt: string, item: Record<string, unknown>, limits: Partial<TemplateLimits> = {}) {
	const plan = planTemplate({ prompt }, 'articles', blog, { ...DEFAULT_LIMITS, ...limits });
	if (!plan) throw new Error('no placeholders');
	return renderTemplate(plan, { id: 5, ...item });
}

describe('rendering a template', () => {
	it('renders texts, numbers, booleans and dates as text, and null as an empty text', () => {
		const item = { title: 'Tea', published: false, date_updated: '2026-01-02T03:04:05Z', body: null };
		expect(render('{{title}}|{{id}}|{{ published }}|{{date_updated}}|{{body}}|', item).prompt).toBe(
			'Tea|5|false|2026-01-02T03:04:05Z||',
		);
	});

	it('joins lists with commas and omits empty values', () => {
		const comments = [
			{ id: 1, text: 'Good' },
			{ id: 2, text: null },
			{ id: 3, text: 'Fine' },
		];
		expect(render('{{comments.text}} ({{keywords}})', { comments, keywords: ['a', 'b'] }).prompt).toBe(
			'Good, Fine (a, b)',
		);
	});

	it('renders only the named collection’s items of a many-to-any list', () => {
		const sections = [
			{ id: 1, collection: 'headings', item: { id: 7, text: 'Head' } },
			{ id: 2, collection: 'quotes', item: { id: 7, text: 'Quote' } },
			{ id: 3, collection: 'headings', item: null },
		];
		expect(render('{{sections.item:headings.text}}', { sections }).prompt).toBe('Head');
	});

	it('renders the key of a to-one relation, even if another placeholder follows the relation', () => {
		const item = { author: { id: 'u1', first_name: 'Ann' } };
		expect(render('{{author}} {{author.first_name}}', item).prompt).toBe('u1 Ann');
		expect(render('{{author}}', { author: 'u1' }).prompt).toBe('u1');
	});

	it('ignores placeholders in values and after a backslash', () => {
		expect(render(String.raw`{{title}} \{{body}}`, { title: '{{body}}' }).prompt).toBe('{{body}} {{body}}');
	});

	it('inserts a value that looks like a replacement pattern unchanged', () => {
		expect(render('{{title}}!', { title: "$& $1 $'" }).prompt).toBe("$& $1 $'!");
	});

	it.each([
		['an object', { meta: { a: 1 } }],
		['a list', { meta: ['a'] }],
	])('rejects %s with a 400 that names the field', (_, item) => {
		expect(() => render('{{meta}}', item)).toThrow(
			expect.objectContaining({ status: 400, extensions: expect.objectContaining({ field: 'meta' }) as unknown }),
		);
	});

	it('rejects a value over the limit, counting a list as one value', () => {
		const item = {
			comments: [
				{ id: 1, text: 'äöü' },
				{ id: 2, text: 'x' },
			],
		};
		expect(render('{{comments.text}}', item, { maxValueBytes: 9 }).prompt).toBe('äöü, x');
		expect(() => render('{{comments.text}}', item, { maxValueBytes: 8 })).toThrow(/comments\.text.*9 bytes/);
		expect(() => render('{{comments.text}}', item, { maxRelatedItems: 1 })).toThrow(/2 items/);
	});

	it('rejects a text over the limit with a 400 that names the placeholder, before building the text', () => {
		const body = 'x'.repeat(8000);
		const refused = expect.objectContaining({
			status: 400,
			extensions: expect.objectContaining({ field: 'body' }) as unknown,
		}) as Error;
		expect(() => render('{{body}}'.repeat(600), { body })).toThrow(refused);
		expect(() => render('{{body}}'.repeat(600), { body })).toThrow(/\{\{body\}\}, 8000 bytes written 600 times/);
		const started = performance.now();
		expect(() => render('{{body}}'.repeat(60_000), { body })).toThrow(refused);
		expect(performance.now() - started).toBeLessThan(200);
	});

	it('counts the values of a list before it joins them', () => {
		const text = 'x'.repeat(1_000_000);
		const comments = Array.from({ length: 1000 }, (_, id) => ({ id, text }));
		expect(() => render('{{comments.text}}', { comments })).toThrow(/comments\.text.*1000000/);
	});

	it('accepts a text at the limit', () => {
		const body = 'x'.repeat(10);
		expect(render('{{body}}{{body}}', { body }, { maxTextBytes: 36 }).prompt).toBe(body + body);
		expect(() => render('{{body}}{{body}}', { body }, { maxTextBytes: 35 })).toThrow(/\{\{body\}\}/);
	});

	it('counts the items of a path over all its relations, and the items of all paths together', () => {
		const articles = Array.from({ length: 3 }, (_, id) => ({
			id,
			comments: [
				{ id: 1, text: 'a' },
				{ id: 2, text: 'b' },
			],
		}));
		const author = { id: 'u1', articles };
		const path = '{{author.articles.comments.text}}';
		expect(() => render(path, { author }, { maxRelatedItems: 5 })).toThrow(/6 items.*limit of 5/);
		expect(() => render(`{{author.articles.id}}${path}`, { author }, { maxValues: 8 })).toThrow(/9 items.*limit of 8/);
	});

	it.each([
		['title', {}],
		['author.first_name', {}],
		['author.first_name', { author: { id: 'u1' } }],
		['comments.text', { comments: null }],
	])('throws a 403 if Directus omitted {{%s}}, and never renders undefined', (path, item) => {
		expect(() => render(`{{${path}}}`, item)).toThrow(
			expect.objectContaining({
				status: 403,
				code: 'FORBIDDEN',
				extensions: expect.objectContaining({ field: path }) as unknown,
			}),
		);
	});

	it('depends on exactly the items and fields that were read', () => {
		const item = {
			title: 'Tea',
			author: { id: 'u1', first_name: 'Ann' },
			tags: [
				{ id: 1, tag_id: { id: 8, label: 'hot' } },
				{ id: 2, tag_id: { id: 9, label: 'wet' } },
			],
			comments: [{ id: 3, text: 'Good' }],
		};
		const { content } = render('{{title}} {{author.first_name}} {{tags.tag_id.label}} {{comments.text}}', item);
		expect(content).toEqual([
			{ collection: 'articles', items: ['5'], fields: ['author', 'comments', 'tags', 'title'] },
			{ collection: 'directus_users', items: ['u1'], fields: ['first_name'] },
			{ collection: 'articles_tags', items: ['1', '2'], fields: ['article_id', 'sort', 'tag_id'] },
			{ collection: 'tags', items: ['8', '9'], fields: ['label'] },
			{ collection: 'comments', items: ['3'], fields: ['article', 'position', 'text'] },
		]);
	});
});
