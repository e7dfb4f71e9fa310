import { describe, expect, it } from 'vitest';

import { DEFAULT_LIMITS, planTemplate } from '../../../src/content/templates/template-plan.ts';
import { blog } from '../schema.ts';

const plan = (prompt: string) => planTemplate({ prompt }, 'articles', blog);

describe('planning a template', () => {
	it('finds placeholders in prompt, system and every text of a message’s content, nested parts included', () => {
		const found = planTemplate(
			{
				prompt: 'Of {{title}}',
				system: 'You are {{author.first_name}}',
				messages: [
					{ role: 'user', content: 'About {{body}}' },
					{ role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: '{{ published }}' }] }] },
				],
			},
			'articles',
			blog,
		);
		expect([...(found?.paths.keys() ?? [])]).toEqual(['title', 'author.first_name', 'body', 'published']);
	});

	it('ignores placeholders in the parts of a message that are not text', () => {
		expect(
			planTemplate({ messages: [{ role: 'user', name: '{{title}}', content: 'Hello' }] }, 'articles', blog),
		).toBeNull();
	});

	it('requests the paths and the primary key of every item on them', () => {
		expect(plan('{{title}} {{author.first_name}} {{tags.tag_id.label}}')?.fields.sort()).toEqual(
			['author.first_name', 'author.id', 'id', 'tags.id', 'tags.tag_id.id', 'tags.tag_id.label', 'title'].sort(),
		);
	});

	it('reads whole lists, not up to the default query limit', () => {
		expect(plan('{{comments.text}} {{tags.tag_id.label}}')?.deep).toEqual({
			comments: { _limit: -1 },
			tags: { _limit: -1 },
		});
	});

	it('requests the collection field of a many-to-any row, which decides whether the path applies', () => {
		expect(plan('{{sections.item:headings.text}}')?.fields).toEqual(
			expect.arrayContaining(['sections.collection', 'sections.item:headings.id', 'sections.item:headings.text']),
		);
	});

	it.each([
		['{{nope}}', 'nope', '"nope" is not a field of "articles"'],
		['{{author.nope}}', 'author.nope', '"nope" is not a field of "directus_users"'],
		['{{constructor}}', 'constructor', '"constructor" is not a field of "articles"'],
		['{{title.nope}}', 'title.nope', '"title" of "articles" is not a relation'],
		['{{count(comments)}}', 'count(comments)', '"count(comments)" is not a field'],
		['{{author.password}}', 'author.password', '"password" of "directus_users" is concealed'],
		['{{comments}}', 'comments', 'to-many relation'],
		['{{divider}}', 'divider', 'has no value'],
		['{{sections.item.text}}', 'sections.item.text', 'write "item:headings"'],
		['{{sections.item:tags.label}}', 'sections.item:tags.label', 'does not lead to "tags"'],
		['{{author:articles.title}}', 'author:articles.title', 'leads to only one collection'],
		['{{author.articles.author.first_name}}', 'author.articles.author.first_name', 'leads back'],
		['{{comments.article.comments.text}}', 'comments.article.comments.text', 'leads back'],
		[
			'{{parent.parent.parent.parent.parent.parent.title}}',
			'parent.parent.parent.parent.parent.parent.title',
			'limit of 5',
		],
		['{{}}', 'prompt', 'does not name a field'],
		['{{author..name}}', 'prompt', 'does not name a field'],
	])('rejects %s with a 400 that names the field', (prompt, field, reason) => {
		expect(() => plan(prompt)).toThrow(
			expect.objectContaining({
				status: 400,
				code: 'INVALID_PAYLOAD',
				message: expect.stringContaining(reason) as unknown,
				extensions: expect.objectContaining({ field }) as unknown,
			}),
		);
	});

	it('allows paths up a tree and to the author’s other articles, which are not cycles', () => {
		expect(
			plan('{{parent.parent.title}} {{author.articles.title}} {{tags.tag_id.articles.article_id.title}}'),
		).not.toBeNull();
	});

	it('rejects the first field over the limit by name, and counts each different field once', () => {
		const limits = { ...DEFAULT_LIMITS, maxPaths: 2 };
		const limited = (prompt: string) => planTemplate({ prompt }, 'articles', blog, limits);
		expect(limited('{{title}}{{body}}{{title}}')?.paths.size).toBe(2);
		expect(() => limited('{{title}}{{body}}{{author.first_name}}')).toThrow(
			expect.objectContaining({
				status: 400,
				extensions: expect.objectContaining({ field: 'author.first_name' }) as unknown,
			}),
		);
	});
});
