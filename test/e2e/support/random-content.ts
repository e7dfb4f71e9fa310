import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';

import type { Directus } from './directus.ts';

export const FIELDS = ['title', 'body'] as const;
export type Field = (typeof FIELDS)[number];
export const ARTICLES = [1, 2, 3, 4, 5];

/** What an answer was made from: which generation it was, and every article as it stood in the database then. */
export interface Made {
	call: number;
	articles: Record<string, Record<Field, number>>;
}

/** What was acknowledged by a moment: an answer that is asked from then on may not be older. */
export interface Known {
	/** By question: the first generation that came after the last purge of it. */
	calls: readonly number[];
	/** By article: the numbers that were last written into its fields. Deleted ones stand in `gone`. */
	articles: ReadonlyMap<number, Written>;
	gone: ReadonlySet<number>;
}

export type Written = Readonly<Record<Field, number>>;

export interface Question {
	prompt: string;
	dependency: { collection: string; items?: number[]; fields?: Field[] };
}

/** One for each article and field of it, for the article, for the collection, and for a field of the collection. */
export const questions: readonly Question[] = [
	{ collection: 'articles' },
	...FIELDS.map((field) => ({ collection: 'articles', fields: [field] })),
	...[...ARTICLES, 11, 12, 13].flatMap((item) => [
		{ collection: 'articles', items: [item] },
		...FIELDS.map((field) => ({ collection: 'articles', items: [item], fields: [field] })),
	]),
].map((dependency) => ({ prompt: `Said elsewhere: ${JSON.stringify(dependency)}`, dependency }));

/** Reads what Directus has committed, at once and past all of its caches. */
export function openContent(directus: Directus): { read(): Made['articles']; close(): void } {
	const database = new DatabaseSync(path.join(directus.directory, 'data.db'), { readOnly: true, timeout: 5000 });
	const select = database.prepare('SELECT id, title, body FROM articles');
	return {
		read: () => {
			const rows = select.all() as unknown as { id: number; title: string; body: string }[];
			return Object.fromEntries(
				rows.map(({ id, title, body }) => [id, { title: numberIn(title), body: numberIn(body) }]),
			);
		},
		close: () => database.close(),
	};
}

/** Texts of the sample content carry no number that was written: 0. */
const numberIn = (text: string | null): number => (text?.startsWith('v') ? Number(text.slice(1)) : 0);

/**
 * What is wrong with the answer for one who knew that much when asking; null where nothing is. `leaving`: articles whose
 * deletion had begun when the answer came.
 */
export function staleness(made: Made, index: number, known: Known, leaving: ReadonlySet<number>): string | null {
	if (made.call < (known.calls[index] ?? 0)) return `of generation ${made.call}, purged before ${known.calls[index]}`;
	const { items, fields } = questions[index]!.dependency;
	const isAbout = (id: number): boolean => items === undefined || items.includes(id);
	for (const id of known.gone) {
		if (isAbout(id) && made.articles[id] !== undefined) return `with article ${id}, which was deleted`;
	}
	for (const [id, written] of known.articles) {
		if (!isAbout(id)) continue;
		const read = made.articles[id];
		if (read === undefined && leaving.has(id)) continue;
		if (read === undefined) return `without article ${id}`;
		for (const field of fields ?? FIELDS) {
			if (read[field] < written[field])
				return `with ${field} ${read[field]} of article ${id}, which was ${written[field]}`;
		}
	}
	return null;
}
