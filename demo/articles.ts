import type { Api } from '../test/e2e/support/api.ts';

const TITLES = [
	'How we moved a newsroom to structured content',
	'Seven questions to ask before a redesign',
	'What a cache knows that a database does not',
	'The smallest release process that works',
	'Writing for people who only read the title',
] as const;

/** Gives the first sample articles titles that an answer can be read against. */
export async function nameArticles(directus: Api): Promise<void> {
	for (const [index, title] of TITLES.entries()) {
		await directus.data('PATCH', `/items/articles/${index + 1}`, { title });
	}
}
