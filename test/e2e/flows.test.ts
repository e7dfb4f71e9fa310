import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { ApiError, BatchElement, GenerationAnswer, InvalidationResult } from '../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { jsonBody } from '../support/recorded-request.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { followExamples } from './support/examples.ts';
import { ANSWER_LAST, createFlow, type OperationDefinition, triggerFlow } from './support/flows.ts';
import { asker } from './support/generations.ts';
import { ADMIN } from './support/process.ts';

let directus: Directus;
let provider: ProviderEmulator;
let flows: Record<string, string>;

const TIMEOUT = { timeout: 60_000, interval: 200 };

beforeAll(async () => {
	provider = await startProviderEmulator();
	const env = { AI_CACHE_STORE: 'memory', IMPORT_IP_DENY_LIST: '169.254.169.254', FLOWS_EXEC_ALLOWED_MODULES: '' };
	directus = await startDirectus({ env: { ...env, ...provider.environment() } });
	await directus.data('POST', '/fields/articles', { field: 'summary', type: 'text' });
	flows = await followExamples(directus, 'flows.md');
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => provider.reset());

const activated: string[] = [];
/** Activates a documented flow until the end of the test, and returns its id. */
async function activate(name: string): Promise<string> {
	const id = flows[name] ?? 'no such flow';
	await directus.data('PATCH', `/flows/${id}`, { status: 'active' });
	activated.push(id);
	return id;
}
const generate = (options: object, key = 'answer'): OperationDefinition => ({
	key,
	type: 'ai-cache-generate',
	options: { provider: 'openai', model: 'gpt-4o-mini', ...options },
});
const made: string[] = [];
async function webhook(name: string, operations: OperationDefinition[]): Promise<string> {
	const options = { ...ANSWER_LAST, error_on_reject: true };
	const id = await createFlow(directus, { name, trigger: 'webhook', operations, options });
	made.push(id);
	return id;
}

// Directus without a license limits the number of active flows.
afterEach(async () => {
	for (const id of activated.splice(0)) await directus.data('PATCH', `/flows/${id}`, { status: 'inactive' });
	for (const id of made.splice(0)) await directus.data('DELETE', `/flows/${id}`);
});

describe('the documented flows', () => {
	it('on an event: a new article gets its summary, which others then get from the cache', async () => {
		await activate('Summarize new articles');
		const item = { title: 'On caching', body: 'It saves money.' };
		const { id } = await directus.data<{ id: number }>('POST', '/items/articles', item);
		const summary = async () =>
			(await directus.data<{ summary: string | null }>('GET', `/items/articles/${id}`)).summary;
		await expect.poll(summary, TIMEOUT).toContain('On caching\n\nIt saves money.');
		const { cache } = await asker(directus)({
			provider: 'openai',
			model: 'gpt-4o-mini',
			system: 'You summarize articles in one sentence.',
			prompt: '{{title}}\n\n{{body}}',
			collection: 'articles',
			item: id,
			params: { temperature: 0 },
		});
		expect(cache).toBe('HIT');
		expect(provider.calls('openai')).toBe(1);
	});

	it('by schedule: a line on each article, and the next run costs nothing', async () => {
		const articles = await directus.data<object[]>('GET', '/items/articles?fields=id');
		const scheduled = await activate('A line on each article');
		await directus.data('PATCH', `/flows/${scheduled}`, { options: { cron: '* * * * * *' } });
		await expect.poll(() => provider.calls('anthropic'), TIMEOUT).toBe(articles.length);
		const hits = async () => {
			const { providers } = await directus.data<{ providers: { anthropic: { hits: number } } }>(
				'GET',
				'/ai-cache/stats',
			);
			return providers.anthropic.hits;
		};
		await expect.poll(hits, TIMEOUT).toBeGreaterThanOrEqual(articles.length);
		await directus.data('PATCH', `/flows/${scheduled}`, { status: 'inactive' });
		expect(provider.calls('anthropic')).toBe(articles.length);
	});

	it('by webhook: a question is answered, and answered again from the cache', async () => {
		const question = await activate('Answer a question');
		const ask = (body: unknown) =>
			triggerFlow<GenerationAnswer & { errors?: ApiError[] }>(directus, question, body, null);
		const first = await ask({ question: 'Do you ship to Malta? {{token}} [[password]]' });
		expect(first.body.text).toContain('Malta');
		expect(first.body.cache.status).toBe('MISS');
		const [{ content }] = jsonBody(provider.requests[0]!)['messages'] as [{ content: string }, ...unknown[]];
		expect(content).toContain('our shop');
		expect((await ask({ question: 'Do you ship to Malta? {{token}} [[password]]' })).body.cache.status).toBe('HIT');
		expect(provider.calls('mistral')).toBe(1);
		const without = await ask({});
		expect(without.status).toBeGreaterThanOrEqual(400);
		expect(provider.calls('mistral')).toBe(1);
	});

	const summaryOf = async (id: number) =>
		(await directus.data<{ summary: string | null }>('GET', `/items/articles/${id}`)).summary;

	it('by hand: a button writes the summary of the article that is open', async () => {
		const { status } = await triggerFlow(directus, await activate('Write a summary'), {
			collection: 'articles',
			keys: [5],
		});
		expect(status).toBe(200);
		await expect.poll(() => summaryOf(5), TIMEOUT).toContain('Article 5');
		expect(await summaryOf(6)).toBeNull();
	});

	// Update Data takes no list in Directus 11.
	it.skipIf(process.env['AI_CACHE_TEST_DIRECTUS'] === '11')(
		'by hand: a button writes a summary for each of several articles, each its own',
		async () => {
			const summaries = await activate('Write summaries');
			const selection = { collection: 'articles', keys: [7, 6] };
			expect((await triggerFlow(directus, summaries, selection)).status).toBe(200);
			await expect.poll(() => summaryOf(6), TIMEOUT).toContain('Article 6');
			expect(await summaryOf(7)).toContain('Article 7');
		},
	);

	it('by hand: what was made from the chosen article is forgotten, no other', async () => {
		const ask = asker(directus);
		const about = (item: number) => ({
			provider: 'openai',
			model: 'gpt-4o-mini',
			prompt: 'About {{title}}',
			collection: 'articles',
			item,
		});
		await ask(about(1));
		await ask(about(2));
		const { status } = await triggerFlow(directus, await activate('Forget AI answers'), {
			collection: 'articles',
			keys: [1],
		});
		expect(status).toBe(200);
		expect((await ask(about(2))).cache).toBe('HIT');
		expect((await ask(about(1))).cache).toBe('MISS');
	});
});

describe('the steps', () => {
	it('render the items of a list, each with its own result', async () => {
		const id = await webhook('Several', [generate({ prompt: '[[title]]', collection: 'articles', items: '3,4' })]);
		const { body } = await triggerFlow<BatchElement<GenerationAnswer>[]>(directus, id);
		expect(body.map((element) => 'data' in element && element.data.text)).toEqual([
			expect.stringContaining('Article 3'),
			expect.stringContaining('Article 4'),
		]);
	});

	it('hand their result to the next step', async () => {
		const id = await webhook('Chain', [
			generate({ prompt: 'First', tags: ['chain'] }, 'first'),
			generate({ prompt: 'After: {{first.text}}' }, 'second'),
			{ key: 'drop', type: 'ai-cache-invalidate', options: { tags: ['chain'] } },
		]);
		const { body } = await triggerFlow<InvalidationResult>(directus, id);
		expect([body.entries, body.dry_run]).toEqual([1, false]);
		const prompts = provider.requests.map((request) => JSON.stringify(jsonBody(request)['messages']));
		expect(prompts[1]).toContain('After: openai answers');
	});

	it.each([
		['a provider that fails', { prompt: 'Fails' }, true],
		['an unknown field', { prompt: '[[titel]]', collection: 'articles', item: 1 }, false],
		['a missing item', { prompt: '[[title]]', collection: 'articles', item: 4711 }, false],
		['a value that the flow does not have', { prompt: 'About {{$trigger.body.nothing}}' }, false],
	])('reject %s, so that the flow takes its other path', async (name, options, fails) => {
		const id = await webhook(`Rejects ${name}`, [generate(options)]);
		await directus.data('POST', '/operations', {
			flow: id,
			key: 'caught',
			name: 'Caught',
			type: 'transform',
			position_x: 40,
			position_y: 20,
			options: { json: { caught: '{{$last.message}}' } },
		});
		const [step, caught] = await directus.data<{ id: string }[]>(
			'GET',
			`/operations?fields=id&sort=position_x&filter[flow][_eq]=${id}`,
		);
		await directus.data('PATCH', `/operations/${step?.id}`, { reject: caught?.id });
		if (fails) provider.failAll({ status: 400, message: 'no such thing' });
		const { status, body } = await triggerFlow<{ caught?: string }>(directus, id);
		expect(status).toBe(200);
		expect(body.caught).toMatch(/\w+/);
		expect(body.caught).not.toContain('undefined]');
	});
});

describe('without the steps', () => {
	it('the step Webhook / Request URL reaches the same endpoint, where Directus allows the address', async () => {
		const id = await webhook('By request', [
			{
				key: 'call',
				type: 'request',
				options: {
					method: 'POST',
					url: `${directus.url}/ai-cache/generate`,
					headers: [
						{ header: 'Authorization', value: `Bearer ${ADMIN.token}` },
						{ header: 'Content-Type', value: 'application/json' },
					],
					body: JSON.stringify({
						provider: 'openai',
						model: 'gpt-4o-mini',
						prompt: 'Shorten: {{$trigger.body.title}}',
					}),
				},
			},
		]);
		const { body } = await triggerFlow<{ data: { data: GenerationAnswer } }>(directus, id, { title: 'A long title' });
		expect(body.data.data.text).toContain('Shorten: A long title');
	});
});
