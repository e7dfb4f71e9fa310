import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { jsonBody } from '../support/recorded-request.ts';
import { createAccount } from './support/access.ts';
import { upload } from './support/forms.ts';
import { createManyToAny } from './support/many-to-any.ts';
import { createAlias, createCollection, createManyToOne } from './support/schema.ts';
import { type Served, serve } from './support/test-server.ts';

let served: Served;

beforeAll(async () => {
	// Directus' own limits are for what people list, not for what a text is made of.
	served = await serve({ QUERY_LIMIT_DEFAULT: '7', QUERY_LIMIT_MAX: '20' });
	const { directus } = served;
	await createCollection(directus, 'comments', [
		{ field: 'text', type: 'string' },
		{ field: 'article', type: 'integer' },
	]);
	await createAlias(directus, 'articles', 'comments', 'o2m');
	await createManyToOne(directus, 'comments', 'article', 'articles', { one_field: 'comments' }, 'CASCADE');
	await createCollection(directus, 'headings', [{ field: 'text', type: 'string' }]);
	await createManyToAny(directus, 'articles', 'blocks', ['headings', 'authors']);
	await createCollection(directus, 'home', [{ field: 'headline', type: 'string' }], undefined, { singleton: true });
	await createKinds();
});
afterAll(() => served.stop());
beforeEach(() => served.emulator.reset());

const call = <Data = unknown>(method: string, path: string, body?: unknown) =>
	served.directus.data<Data>(method, path, body);
const template = (collection: string, item: string | number, prompt: string) => ({
	...{ provider: 'openai', model: 'gpt-4o-mini', collection, item, prompt },
});
const sentMessages = () => {
	const request = served.emulator.requests.at(-1);
	return request ? (jsonBody(request)['messages'] as { role: string; content: unknown }[]) : [];
};
/** The prompt as it reached the provider; the error where it did not. */
async function rendered(collection: string, item: string | number, prompt: string, token?: string): Promise<unknown> {
	const { status, errors } = await served.ask(
		{ ...template(collection, item, prompt), cache: { mode: 'no-cache' } },
		token,
	);
	return status === 200 ? sentMessages().at(-1)?.content : { status, ...errors[0]?.extensions };
}

/** One field of each kind, and a tree. */
async function createKinds(): Promise<void> {
	const kind = (type: string, special?: string) => ({
		field: type,
		type,
		...(special && { meta: { special: [special] } }),
	});
	await createCollection(served.directus, 'kinds', [
		kind('json', 'cast-json'),
		kind('csv', 'cast-csv'),
		kind('boolean', 'cast-boolean'),
		kind('float'),
		kind('date'),
		kind('time'),
		kind('timestamp'),
		kind('dateTime'),
		kind('text'),
		kind('hash', 'hash'),
		{ ...kind('uuid', 'file'), field: 'image' },
		{ ...kind('integer', 'm2o'), field: 'parent' },
	]);
	await createManyToOne(served.directus, 'kinds', 'image', 'directus_files');
	await createAlias(served.directus, 'kinds', 'children', 'o2m');
	await createManyToOne(served.directus, 'kinds', 'parent', 'kinds', { one_field: 'children' });
	const image = await upload(served.directus.url, 'POST', '/files', 'A picture');
	await call('POST', '/items/kinds', {
		...{ json: { a: 1 }, csv: ['a', 'b'], boolean: false, float: 0.1, date: '2026-01-02', time: '10:11:12', hash: 'x' },
		...{ timestamp: '2026-01-02T03:04:05Z', dateTime: '2026-01-02T03:04:05', image },
		text: '{{json}} $& [object Object] \\{{x}}',
	});
	await call('POST', '/items/kinds', { json: ['a'], parent: 1 });
}

describe('a value', () => {
	it.each([
		['csv', 'a, b'],
		['boolean', 'false'],
		['float', '0.1'],
		['date', '2026-01-02'],
		['time', '10:11:12'],
		['timestamp', '2026-01-02T03:04:05.000Z'],
		['dateTime', '2026-01-02T03:04:05'],
		['image.filename_download', 'file.txt'],
		['children.id', '2'],
		['parent', ''],
		['parent.parent.parent.parent.parent.text', ''],
		['id', '1'],
	])('is written as people write it: %s', async (field, text) => {
		expect(await rendered('kinds', 1, `[{{${field}}}]`)).toBe(`[${text}]`);
	});

	it('is text and nothing else, whatever stands in it', async () => {
		expect(await rendered('kinds', 1, '{{text}} \\{{text}}')).toBe('{{json}} $& [object Object] \\{{x}} {{text}}');
	});

	it('that is missing is an empty text', async () => {
		const fields = ['csv', 'boolean', 'float', 'date', 'image', 'image.title', 'text'];
		const prompt = fields.map((field) => `[{{${field}}}]`).join('');
		expect(await rendered('kinds', 2, prompt)).toBe('[]'.repeat(fields.length));
	});

	it.each([
		['an object', 1, 'json'],
		['a list', 2, 'json'],
		['a secret', 1, 'hash'],
		['a secret of a related item', 1, 'image.uploaded_by.password'],
		['a function of Directus', 1, 'year(date)'],
		['a part of an object', 1, 'json.a'],
		['all fields', 1, '*'],
		['what JavaScript knows of every object', 1, '__proto__'],
		['a list of relations', 1, 'children'],
		['more relations than the limit', 1, 'parent.parent.parent.parent.parent.parent.text'],
	])('that cannot be written is refused by its name and reaches no provider: %s', async (_, item, field) => {
		expect(await rendered('kinds', item, `About {{${field}}}`)).toMatchObject({ status: 400, field });
		expect(served.emulator.calls()).toBe(0);
	});
});

describe('a key that the database cannot hold', () => {
	it.each([
		['text', 'languages', 'de\0DE', '{{name}}'],
		['number', 'articles', 99_999_999_999, '{{title}}'],
	])('is a missing item and shows no query: a %s', async (_, collection, item, prompt) => {
		const reply = await served.ask(template(collection, item, prompt));
		expect(reply).toMatchObject({ status: 404 });
		expect(JSON.stringify(reply)).not.toMatch(/select/i);
	});
});

describe('what is read', () => {
	it('is each row of a list, past Directus’ limits', async () => {
		const texts = Array.from({ length: 250 }, (_, index) => `comment ${index}`);
		await call('PATCH', '/items/articles/1', { comments: texts.map((text) => ({ text })) });
		expect(await rendered('articles', 1, '{{comments.text}}')).toBe(texts.join(', '));
	});

	it('is written into the system text and every message', async () => {
		const { prompt: _, ...request } = template('articles', 3, '');
		const messages = [
			{ role: 'user', content: [{ type: 'text', text: 'By {{author.name}}' }] },
			{ role: 'assistant', content: 'It is {{status}}' },
			{ role: 'user', content: 'At {{sort}}' },
		];
		const ask = () => served.ask({ ...request, system: 'About {{title}}', messages });
		await ask();
		expect(sentMessages().map(({ content }) => content)).toEqual([
			'About Article 3',
			[{ type: 'text', text: 'By Ada Lovelace' }],
			'It is published',
			'At 3',
		]);
		await call('PATCH', '/items/articles/3', { body: 'Not read' });
		expect((await ask()).cache).toBe('HIT');
		await call('PATCH', '/items/articles/3', { status: 'archived' });
		expect((await ask()).cache).toBe('MISS');
	});

	it('may be a user, a file or a singleton', async () => {
		const { id } = await call<{ id: string }>('GET', '/users/me?fields=id');
		const greeting = template('directus_users', id, 'Greet {{first_name}}');
		await served.ask(greeting);
		await call('PATCH', '/users/me', { last_name: 'Not read' });
		expect((await served.ask(greeting)).cache).toBe('HIT');
		await call('PATCH', '/users/me', { first_name: 'Zoe' });
		expect([(await served.ask(greeting)).cache, sentMessages().at(-1)?.content]).toEqual(['MISS', 'Greet Zoe']);
		const file = await upload(served.directus.url, 'POST', '/files', 'text');
		expect(await rendered('directus_files', file, '{{type}}')).toBe('text/plain');
		await call('PATCH', '/items/home', { headline: 'Welcome' });
		expect(await rendered('home', 1, '{{headline}}')).toBe('Welcome');
	});
});

describe('many-to-any', () => {
	const prompt = '{{blocks.item:headings.text}}; {{blocks.item:authors.name}}; {{blocks.collection}}';

	beforeAll(async () => {
		const heading = (text: string) => ({ collection: 'headings', item: { text } });
		const blocks = [heading('one'), { collection: 'authors', item: '1' }, heading('two')];
		await call('PATCH', '/items/articles/4', { blocks });
	});

	it('writes the rows that lead to the collection, and follows their items', async () => {
		const request = template('articles', 4, prompt);
		await served.ask(request);
		expect(sentMessages().at(-1)?.content).toBe('one, two; Ada Lovelace; headings, authors, headings');
		await call('PATCH', '/items/authors/1', { biography: 'Not read' });
		expect((await served.ask(request)).cache).toBe('HIT');
		await call('PATCH', '/items/headings/1', { text: 'eins' });
		expect((await served.ask(request)).cache).toBe('MISS');
		expect(sentMessages().at(-1)?.content).toBe('eins, two; Ada Lovelace; headings, authors, headings');
		await call('DELETE', '/items/headings/1');
		expect((await served.ask(request)).cache).toBe('MISS');
		expect(sentMessages().at(-1)?.content).toBe('two; Ada Lovelace; headings, authors, headings');
	});

	it('is a 403 where the caller may read nothing of a collection that it leads to', async () => {
		const readable = ['articles', 'articles_blocks', 'headings'];
		const permissions = readable.map((collection) => ({ collection, action: 'read' as const }));
		const { token } = await createAccount(served.directus, 'reader', permissions);
		expect(await rendered('articles', 4, '{{blocks.item:headings.text}}', token)).toBe('two');
		served.emulator.reset();
		const field = 'blocks.item:authors.name';
		expect(await rendered('articles', 4, `By {{${field}}}`, token)).toMatchObject({ status: 403, field });
		expect(served.emulator.calls()).toBe(0);
		// Where no row leads there, nothing is kept from anybody.
		expect(await rendered('articles', 5, `[{{${field}}}]`, token)).toBe('[]');
	});

	it.each(['blocks', 'blocks.item', 'blocks.item.text', 'blocks.item:tags.label', 'blocks.item:headings'])(
		'is refused by its name where it does not say what to read: %s',
		async (field) => {
			expect(await rendered('articles', 4, `{{${field}}}`)).toMatchObject({ status: 400, field });
		},
	);
});
