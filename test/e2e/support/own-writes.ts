import type { Api } from './api.ts';

export interface OwnWrites {
	rounds: number;
	/** Rounds in which the reader had an answer before the write. */
	answeredBefore: number;
	/** The rounds in which it still had that answer after the response to the write. */
	stale: string[];
}

type Write = (writer: Api, article: number, title: string) => Promise<unknown>;

/** Directus commits each of these at another moment of the request. */
const WRITES: Record<string, Write> = {
	'an update': (writer, article, title) => writer.data('PATCH', `/items/articles/${article}`, { title }),
	'a batch in one transaction': (writer, id, title) => writer.data('PATCH', '/items/articles', [{ id, title }]),
	'an update by query': (writer, article, title) =>
		writer.data('PATCH', '/items/articles', { query: { filter: { id: { _eq: article } } }, data: { title } }),
	'a nested creation': (writer, article, title) =>
		writer.data('PATCH', `/items/articles/${article}`, {
			title,
			translations: { create: [{ languages_code: 'en-US', title }], update: [], delete: [] },
		}),
};

/** Clients that each write an item of their own through one process and, once answered, ask the other for the answer made before. */
export async function runOwnWrites(
	writer: Api,
	reader: Api,
	{ clients, rounds }: { clients: number; rounds: number },
): Promise<OwnWrites> {
	const result: OwnWrites = { rounds: 0, answeredBefore: 0, stale: [] };
	const articles = await writer.data<{ id: number }[]>(
		'POST',
		'/items/articles',
		Array.from({ length: clients }, () => ({})),
	);
	const kinds = Object.entries(WRITES);
	const work = async (article: number): Promise<void> => {
		const depends = { collection: 'articles', items: [article], fields: ['title'] };
		const request = { provider: 'openai', model: 'gpt-4o-mini', prompt: `Own ${article}`, depends_on: [depends] };
		for (let round = 0; round < rounds; round++) {
			const [kind, write] = kinds[round % kinds.length]!;
			await writer.data('POST', '/ai-cache/store', { ...request, text: `Round ${round}` });
			if (await hasAnswer(reader, request)) result.answeredBefore++;
			await write(writer, article, `Round ${round}`);
			if (await hasAnswer(reader, request)) result.stale.push(`${kind} in round ${round}`);
			result.rounds++;
		}
	};
	await Promise.all(articles.map(({ id }) => work(id)));
	return result;
}

const hasAnswer = async (reader: Api, request: object): Promise<boolean> =>
	(await reader.data<object | null>('POST', '/ai-cache/lookup', request)) !== null;
