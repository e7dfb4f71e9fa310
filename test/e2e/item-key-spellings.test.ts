import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { jsonBody } from '../support/recorded-request.ts';
import { expectChange, of } from './support/dependents.ts';
import { createCollection } from './support/schema.ts';
import { type Served, serve } from './support/test-server.ts';

let served: Served;

beforeAll(async () => {
	served = await serve();
});
afterAll(() => served.stop());

const call = <Data = unknown>(method: string, path: string, body?: unknown) =>
	served.directus.data<Data>(method, path, body);
const template = (item: string, prompt: string) => ({
	...{ provider: 'openai', model: 'gpt-4o-mini', collection: 'things', item, prompt },
});
const sentPrompt = (): unknown => {
	const request = served.emulator.requests.at(-1);
	return request && (jsonBody(request)['messages'] as { content: unknown }[]).at(-1)?.content;
};

describe('a key', () => {
	const odd = [
		'a/b',
		'a:b',
		'a,b',
		'100%',
		'%2F',
		'ä ö',
		'x.y',
		'{"a":1}',
		'o’k',
		"o'k",
		'😀',
		'../x',
		'#1?',
		'0',
		'null',
	];

	beforeAll(async () => {
		const key = { field: 'code', type: 'string' };
		await createCollection(served.directus, 'things', [{ field: 'name', type: 'string' }], key);
		await createCollection(served.directus, 'tokens', [{ field: 'name', type: 'string' }], {
			...{ field: 'id', type: 'uuid', meta: { special: ['uuid'] } },
		});
	});

	it.each(odd)('of text may hold anything: %s', async (code) => {
		const other = `${code}-other`;
		await call('POST', '/items/things', [
			{ code, name: 'One' },
			{ code: other, name: 'Other' },
		]);
		const request = template(code, '{{name}} of {{code}}');
		await served.ask(request);
		expect([sentPrompt(), (await served.ask(request)).cache]).toEqual([`One of ${code}`, 'HIT']);
		await expectChange(
			served.directus,
			{
				drops: [of('things', [code]), of('things', [code], ['name'])],
				keeps: [of('things', [other]), of('things', [other], ['name'])],
			},
			() => call('PATCH', '/items/things', { keys: [code], data: { name: 'Two' } }),
		);
		expect((await served.ask(request)).cache).toBe('MISS');
		await expectChange(served.directus, { drops: [of('things', [code])], keeps: [of('things', [other])] }, () =>
			call('DELETE', '/items/things', [code]),
		);
	});

	it('of a UUID is the same in capitals', async () => {
		const { id } = await call<{ id: string }>('POST', '/items/tokens', { name: 'One' });
		const { id: other } = await call<{ id: string }>('POST', '/items/tokens', { name: 'Other' });
		await expectChange(
			served.directus,
			{ drops: [of('tokens', [id.toUpperCase()]), of('tokens', [id], ['name'])], keeps: [of('tokens', [other])] },
			() => call('PATCH', `/items/tokens/${id}`, { name: 'Two' }),
		);
	});

	it.each(['', '*'])('that names no item is refused: "%s"', async (item) => {
		const { status, errors } = await served.ask(template(item, '{{name}}'));
		expect([status, errors[0]?.extensions]).toEqual([400, expect.objectContaining({ field: 'item' })]);
	});
});
