import type { Api } from './api.ts';
import { createCollection, createManyToMany, createManyToOne, createTranslations } from './schema.ts';

export const ARTICLES = 10;
export const AUTHORS = ['Ada Lovelace', 'Grace Hopper', 'Edsger Dijkstra'] as const;
export const TAGS = ['engineering', 'history', 'design', 'release'] as const;

/** The sample content of tests and demo: articles with author, tags and translations. Deterministic, ids from 1. */
export async function createContent(directus: Api): Promise<void> {
	await createCollections(directus);
	await directus.data('POST', '/items/languages', [
		{ code: 'en-US', name: 'English' },
		{ code: 'de-DE', name: 'German' },
	]);
	await directus.data(
		'POST',
		'/items/authors',
		AUTHORS.map((name) => ({ name, biography: `${name} writes about computers.` })),
	);
	await directus.data(
		'POST',
		'/items/tags',
		TAGS.map((label) => ({ label })),
	);
	await directus.data(
		'POST',
		'/items/articles',
		Array.from({ length: ARTICLES }, (_, index) => article(index + 1)),
	);
}

async function createCollections(directus: Api): Promise<void> {
	await createCollection(directus, 'authors', [
		{ field: 'name', type: 'string' },
		{ field: 'biography', type: 'text' },
	]);
	await createCollection(directus, 'tags', [{ field: 'label', type: 'string' }]);
	await createCollection(directus, 'languages', [{ field: 'name', type: 'string' }], {
		field: 'code',
		type: 'string',
	});
	await createCollection(
		directus,
		'articles',
		[
			{ field: 'title', type: 'string' },
			{ field: 'body', type: 'text' },
			{ field: 'status', type: 'string' },
			{ field: 'sort', type: 'integer' },
			{ field: 'author', type: 'integer' },
		],
		undefined,
		{
			sort_field: 'sort',
			archive_field: 'status',
			archive_value: 'archived',
			unarchive_value: 'draft',
			versioning: true,
		},
	);
	await createManyToOne(directus, 'articles', 'author', 'authors');
	await createManyToMany(directus, 'articles', 'tags', 'tags');
	await createTranslations(directus, 'articles', [{ field: 'title', type: 'string' }]);
}

function article(number: number): Record<string, unknown> {
	return {
		title: `Article ${number}`,
		body: `The body of article ${number}. It tells how a thing was made, who made it and why it was worth the while.`,
		status: number % 4 === 0 ? 'draft' : 'published',
		sort: number,
		author: (number % AUTHORS.length) + 1,
		tags: [{ tags_id: (number % TAGS.length) + 1 }],
		translations: [{ languages_code: 'de-DE', title: `Artikel ${number}` }],
	};
}
