import type { OperationContext } from '@directus/types';
import { describe, expect, it } from 'vitest';

import type { BatchElement, GenerationAnswer, GenerationRequest } from '../../src/shared/api-types.ts';
import { createGenerateHandler } from '../../src/operations/generate/handler.ts';
import { buildRequest } from '../../src/operations/generate/request.ts';
import { InvalidRequestError } from '../../src/services/errors/errors.ts';
import type { FlowEngine } from '../../src/operations/port.ts';

const authored = (...itemFields: string[]) => ({
	itemFields: new Set(itemFields),
	flowValues: new Set<string>(),
	optional: new Set<string>(),
});
const minimal = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello' };

function refusal(field: string, reason: string | RegExp): Error {
	return expect.objectContaining({
		status: 400,
		code: 'INVALID_PAYLOAD',
		message: expect.stringMatching(reason) as unknown,
		extensions: expect.objectContaining({ field }) as unknown,
	}) as Error;
}

describe('the request built from the operation’s options', () => {
	it('omits empty options', () => {
		const empty = {
			system: '',
			params: null,
			items: '',
			fields: [],
			tags: '',
			confidence: '',
			cache_mode: null,
			ttl: '',
		};
		expect(buildRequest({ ...minimal, ...empty, show_caching: false }, null)).toEqual(minimal);
	});

	it('reads JSON, numbers and comma-separated lists from text', () => {
		const request = buildRequest(
			{
				provider: 'mistral',
				model: 'mistral-small-latest',
				messages: '[{"role":"user","content":"Hi"}]',
				params: '{"temperature":0}',
				collection: 'articles',
				items: '1, 2 ,3',
				fields: '["title"]',
				tags: 'a,b',
				content_type: 'static',
				confidence: '1.2',
				cache_mode: 'no-cache',
				ttl: '60',
				max_age: 0,
				scope: 'role',
				stale_while_revalidate: 5,
				stale_if_error: 6,
			},
			authored(),
		);
		expect(request).toEqual({
			provider: 'mistral',
			model: 'mistral-small-latest',
			messages: [{ role: 'user', content: 'Hi' }],
			params: { temperature: 0 },
			collection: 'articles',
			items: ['1', '2', '3'],
			fields: ['title'],
			tags: ['a', 'b'],
			content_type: 'static',
			confidence: 1.2,
			cache: { mode: 'no-cache', ttl: 60, max_age: 0, scope: 'role', stale_while_revalidate: 5, stale_if_error: 6 },
		});
	});

	it('accepts keys as the flow passes them: a number, a list, or a JSON list', () => {
		const of = (options: object) => buildRequest({ ...minimal, collection: 'articles', ...options }, authored());
		expect(of({ item: 7 }).item).toBe(7);
		expect(of({ items: [1, 'b'] }).items).toEqual([1, 'b']);
		expect(of({ items: '[1,2]' }).items).toEqual([1, 2]);
		expect(of({ items: 5 }).items).toEqual([5]);
	});

	it('turns only the author’s fields into placeholders, wherever other braces come from', () => {
		const request = buildRequest(
			{
				...minimal,
				prompt: 'About [[ author.name ]]: [[secret]] {{token}}',
				system: '[[title]]',
				collection: 'articles',
				item: 1,
			},
			authored('author.name', 'title'),
		);
		expect(request.prompt).toBe(String.raw`About {{author.name}}: [[secret]] \{{token}}`);
		expect(request.system).toBe('{{title}}');
	});

	it('keeps text unchanged without an item', () => {
		expect(buildRequest({ ...minimal, prompt: '[[a]] {{b}}' }, null).prompt).toBe('[[a]] {{b}}');
	});

	it.each([
		[{ provider: 'other' }, 'provider', 'one of openai'],
		[{ provider: '' }, 'provider', 'one of openai'],
		[{ model: '' }, 'model', 'missing'],
		[{ prompt: ' ' }, 'prompt', 'write a prompt or messages'],
		[{ messages: '{"role":"user"}' }, 'messages', 'JSON list'],
		[{ params: '{' }, 'params', 'valid JSON'],
		[{ params: '[1]' }, 'params', 'JSON object'],
		[{ item: 1 }, 'collection', 'missing'],
		[{ collection: 'a', item: 1, items: [2] }, 'items', 'together with "item"'],
		[{ collection: 'a', item: 'undefined' }, 'item', 'the Flow has no such value'],
		[{ collection: 'a', items: [{ id: 1 }] }, 'items', 'must contain keys'],
		[{ ttl: 'soon' }, 'ttl', 'number'],
		[{ ttl: -1 }, 'ttl', 'number'],
		[{ scope: 'all' }, 'scope', 'one of shared'],
		[{ collection: 'a', item: 1, prompt: '[[title]]' }, 'prompt', 'another flow triggers'],
	])('rejects %j by name', (options, field, reason) => {
		expect(() => buildRequest({ ...minimal, ...options }, null)).toThrow(refusal(field, reason));
	});
});

describe('the generate operation', () => {
	const answer = { text: 'Hi' } as GenerationAnswer;
	const requests: GenerationRequest[] = [];

	function step(
		options: Record<string, unknown>,
		result: GenerationAnswer | BatchElement<GenerationAnswer>[] = answer,
	) {
		requests.length = 0;
		const engine: FlowEngine = {
			generate: async (request) => {
				requests.push(request);
				return result;
			},
			invalidate: () => Promise.reject(new Error('not asked for')),
		};
		return (written: object, data: Record<string, unknown> = {}) => {
			const operation = { type: 'ai-cache-generate', key: 'ask', options: written, resolve: null, reject: null };
			const first = { type: 'item-read', key: 'read', options: {}, resolve: operation, reject: null };
			const context = { data: { read: null, ...data }, flow: { operation: first } } as unknown as OperationContext;
			return createGenerateHandler(() => engine)(options, context);
		};
	}

	it('reads the author’s fields from the flow’s definition, not from inserted values', async () => {
		const options = { ...minimal, collection: 'articles', item: 1, prompt: 'Hello [[password]]: [[title]]' };
		const written = { ...options, prompt: 'Hello {{$trigger.name}}: [[title]]' };
		expect(await step(options)(written, { $trigger: { name: '[[password]]' } })).toBe(answer);
		expect(requests[0]?.prompt).toBe('Hello [[password]]: {{title}}');
	});

	it('rejects before calling the engine if the flow wrote undefined', async () => {
		const run = step({ ...minimal, prompt: 'Hello undefined' });
		await expect(run({ ...minimal, prompt: 'Hello {{$trigger.payload.name}}' }, { $trigger: {} })).rejects.toThrow(
			refusal('$trigger.payload.name', 'no value for {{\\$trigger.payload.name}}'),
		);
		expect(requests).toEqual([]);
	});

	it('rejects before calling the engine if the flow wrote null into a text', async () => {
		const run = step({ ...minimal, prompt: 'Hello 7 null' });
		const written = { ...minimal, prompt: 'Hello {{$trigger.keys[0]}} {{$last}}' };
		await expect(run(written, { $trigger: { keys: [7] }, $last: null })).rejects.toThrow(
			refusal('$last', 'no value for'),
		);
		const alone = step({ ...minimal, system: null });
		await expect(alone({ ...minimal, system: '{{$last}}' }, { $last: null })).rejects.toThrow('{{$last}}');
		expect(requests).toEqual([]);
	});

	it('treats null as an empty option', async () => {
		const run = step({ ...minimal, ttl: null });
		expect(await run({ ...minimal, ttl: '{{$trigger.ttl}}' }, { $trigger: { ttl: null } })).toBe(answer);
	});

	it.each([
		['$trigger.body["seo.title"]', { $trigger: { body: { 'seo.title': 'Whales' } } }],
		["$trigger.body['a b'].c", { $trigger: { body: { 'a b': { c: 'Whales' } } } }],
		['$trigger.keys[0]', { $trigger: { keys: ['Whales'] } }],
		['$trigger.rows[1].name', { $trigger: { rows: [{}, { name: 'Whales' }] } }],
	])('finds the value of {{%s}} as Directus does', async (path, data) => {
		const run = step({ ...minimal, prompt: 'Title: Whales' });
		expect(await run({ ...minimal, prompt: `Title: {{${path}}}` }, data)).toBe(answer);
	});

	it('rejects if the text names a field but no item is chosen', async () => {
		const options = { ...minimal, prompt: 'Sum up [[ title ]]' };
		await expect(step(options)(options)).rejects.toThrow(refusal('item', /\[\[title\]\]/));
		expect(requests).toEqual([]);
	});

	it('treats brackets that the flow inserted, or that name no field, as text', async () => {
		const filled = { ...minimal, prompt: 'Sum up [[title]] of [[1, 2]]' };
		expect(
			await step(filled)({ ...minimal, prompt: 'Sum up {{$trigger}} of [[1, 2]]' }, { $trigger: '[[title]]' }),
		).toBe(answer);
	});

	it('names a field that does not exist as the author wrote it', async () => {
		const options = { ...minimal, collection: 'articles', item: 1, prompt: 'Sum up [[headline]]' };
		const reason = '"headline" is not a field of "articles" ({{headline}} in prompt)';
		const engine: FlowEngine = {
			generate: () => Promise.reject(new InvalidRequestError({ field: 'headline', reason })),
			invalidate: () => Promise.reject(new Error('not asked for')),
		};
		const operation = { type: 'ai-cache-generate', key: 'ask', options, resolve: null, reject: null };
		const context = { data: {}, flow: { operation } } as unknown as OperationContext;
		await expect(createGenerateHandler(() => engine)(options, context)).rejects.toThrow('([[headline]] in prompt)');
	});

	it('does not mistake an operation of another flow for itself', async () => {
		const run = step({ ...minimal, prompt: 'Mine' });
		expect(await run({ ...minimal, prompt: 'Theirs {{$trigger.gone}}' })).toBe(answer);
	});

	it('rejects only if no item of a list has an answer', async () => {
		const failed = { errors: [{ message: 'Item "9" does not exist', extensions: { code: 'AI_CACHE_NOT_FOUND' } }] };
		await expect(step(minimal, [failed, failed])(minimal)).rejects.toThrow('Item "9" does not exist');
		expect(await step(minimal, [failed, { data: answer }])(minimal)).toHaveLength(2);
	});
});
