import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';

import type { DependencyDeclaration } from '../../../src/shared/api-types.ts';
import type { Api } from './api.ts';

/** What an answer is declared to depend on: one collection's part, or several. */
export type Declared = DependencyDeclaration | DependencyDeclaration[];

export const of = (collection: string, items?: (string | number)[], fields?: string[]): DependencyDeclaration => ({
	collection,
	...(items && { items }),
	...(fields && { fields }),
});
export const article = (id: number, ...fields: string[]) =>
	of('articles', [id], fields.length > 0 ? fields : undefined);
export const anyArticle = of('articles');
export const anyTitle = of('articles', undefined, ['title']);
export const anyBody = of('articles', undefined, ['body']);

export interface Expectation {
	/** Answers that depend on these must be gone after the change. */
	drops: Declared[];
	/** Answers that depend on these must still be there. */
	keeps: Declared[];
	/** Who asks the cache; the API that makes the change by default. */
	asks?: Api;
}

/**
 * Stores one answer for each declaration, makes the change, and asks for all of them at once right after it was
 * answered. The prompts say nothing of the content, so that the declared dependencies alone decide.
 */
export async function expectChange(
	directus: Api,
	{ drops, keeps, asks = directus }: Expectation,
	change: () => Promise<unknown>,
): Promise<void> {
	const declared = [...drops, ...keeps];
	const requests = declared.map(requestFor);
	await directus.data(
		'POST',
		'/ai-cache/store',
		requests.map((request) => ({ ...request, text: 'An answer.' })),
	);
	expect(await areStored(asks, requests), 'all are stored before the change').toEqual(declared.map(() => true));
	await change();
	const stored = await areStored(asks, requests);
	expect(declared.filter((_, index) => !stored[index])).toEqual(drops);
}

const requestFor = (declared: Declared) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt: `Something written elsewhere ${randomUUID()}`,
	depends_on: [declared].flat(),
});

async function areStored(directus: Api, requests: object[]): Promise<boolean[]> {
	const answers = await directus.data<{ data?: object | null }[]>('POST', '/ai-cache/lookup', requests);
	return answers.map(({ data }) => data !== null && data !== undefined);
}
