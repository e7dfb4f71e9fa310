import { packSection } from '../../../src/cache/entry-codec.ts';
import { dependencyTags, type Dependencies } from '../../../src/cache/tags/tags.ts';
import type { Entry } from '../../../src/cache/entry.ts';
import { newId } from '../../../src/cache/ids.ts';
import type { Store } from '../../../src/cache/store.ts';

const PROVIDER = 'openai';
const MODEL = 'gpt-4o';

/** Four tags besides those of provider and model: a collection, an item, one of its fields, a free tag. */
export const dependenciesOf = (item: number, collection = 'articles'): Dependencies => ({
	content: [{ collection, items: [String(item)] }],
	tags: ['bench'],
});

export const tagsOf = (dependencies: Dependencies): string[] => dependencyTags(PROVIDER, MODEL, dependencies);

/** Text that does not compress to nothing, as an answer's does not. */
export function answerOf(bytes: number, seed: number): Buffer {
	const words = [
		'cache',
		'answer',
		'Directus',
		'article',
		'token',
		'summary',
		'headline',
		'content',
		'provider',
		'item',
	];
	let text = `{"id":"chatcmpl-${seed}","choices":[{"index":0,"message":{"role":"assistant","content":"`;
	let state = seed + 1;
	while (text.length < bytes - 120) {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		text += `${words[state % words.length]} ${state % 97} `;
	}
	return Buffer.from(`${text}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":400}}`);
}

/** `answer` is made where it is not given. */
export async function entryOf(
	key: string,
	bytes: number,
	seed: number,
	dependencies: Dependencies,
	answer: Buffer = answerOf(bytes, seed),
): Promise<Entry> {
	const created = Date.now();
	return {
		meta: {
			key,
			provider: PROVIDER,
			model: MODEL,
			operation: 'chat',
			scope: 'shared',
			created,
			expires: created + 86_400_000,
			ttl: 86_400,
			ttlParts: { base: 86_400, tier_factor: 1, confidence: 1, collection_factor: 1, asked: null, reasons: [] },
			costTier: 'medium',
			contentType: 'standard',
			usage: { input_tokens: 20, output_tokens: 400 },
			usd: 0.004,
			durationMs: 900,
			finishReason: 'stop',
			snapshot: 'gpt-4o-2024-11-20',
			requestId: null,
			collection: 'articles',
			content: dependencies.content,
			freeTags: dependencies.tags,
			tags: tagsOf(dependencies),
			preview: 'cache answer Directus article',
		},
		body: await packSection(answer, 1000),
		request: await packSection(Buffer.from(JSON.stringify({ body: { model: MODEL, prompt: `p${seed}` } })), 1000),
	};
}

/** Stores so many entries, each of an item of its own. */
export async function fill(
	store: Store,
	prefix: string,
	count: number,
	bytes: number,
	collection = 'articles',
): Promise<void> {
	const BATCH = 500;
	for (let start = 0; start < count; start += BATCH) {
		const numbers = Array.from({ length: Math.min(BATCH, count - start) }, (_, index) => start + index);
		const lookups = numbers.map((number) => ({
			key: `${prefix}:${number}`,
			tags: tagsOf(dependenciesOf(number, collection)),
		}));
		const reservations = await store.beginMany(lookups, newId, 60_000);
		const entries = await Promise.all(
			numbers.map((number) => entryOf(`${prefix}:${number}`, bytes, number, dependenciesOf(number, collection))),
		);
		await store.commit(reservations.map((reservation, index) => ({ reservation, entry: entries[index]! })));
	}
}
