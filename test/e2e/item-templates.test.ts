import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { jsonBody } from '../support/recorded-request.ts';
import { createAccount } from './support/access.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { asker, type Asked } from './support/generations.ts';

let directus: Directus;
let provider: ProviderEmulator;

beforeAll(async () => {
	provider = await startProviderEmulator();
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory', ...provider.environment() } });
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => provider.reset());

const template = (prompt: string, item: number | string = 1, more: object = {}) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt,
	collection: 'articles',
	item,
	...more,
});
const ask = (request: object, token?: string): Promise<Asked> => asker(directus)(request, token);
const edit = (location: string, change: object) => directus.data('PATCH', location, change);
const lastPrompt = (): unknown => {
	const request = provider.requests.at(-1);
	const messages = request && (jsonBody(request)['messages'] as { content: string }[]);
	return messages?.at(-1)?.content;
};

/** Whether the same request is answered from the cache now. */
async function isHit(request: object): Promise<boolean> {
	return (await ask(request)).cache === 'HIT';
}

describe('an item template', () => {
	it('is rendered from the item, its relations and its translations', async () => {
		const answer = await ask(
			template('{{title}} by {{author.name}} on {{tags.tags_id.label}}: {{translations.title}}', 1),
		);
		expect(answer.cache).toBe('MISS');
		expect(lastPrompt()).toBe('Article 1 by Grace Hopper on history: Artikel 1');
	});

	it('shares its entry with whoever asks the same text, and is rendered anew each time', async () => {
		await ask(template('Say {{title}}', 2));
		expect(await isHit(template('Say {{title}}', 2))).toBe(true);
		expect(await isHit(template('Say {{ title }}', '2'))).toBe(true);
		expect((await ask(template('Say {{title}}', 3))).cache).toBe('MISS');
	});

	it.each([
		['a field of the item', '{{title}}', 4, '/items/articles/4', { title: 'Changed' }, { title: 'Article 4' }],
		['a related item', '{{author.name}}', 5, '/items/authors/3', { name: 'Changed' }, { name: 'Edsger Dijkstra' }],
		['a tag', '{{tags.tags_id.label}}', 6, '/items/tags/3', { label: 'changed' }, { label: 'design' }],
		[
			'a translation',
			'{{translations.title}}',
			7,
			'/items/articles_translations/7',
			{ title: 'Geändert' },
			{ title: 'Artikel 7' },
		],
	])('follows a change of %s at once, and there and back again', async (_, field, item, location, change, back) => {
		const request = template(`About ${field}`, item);
		await ask(request);
		expect(await isHit(request)).toBe(true);
		await edit(location, change);
		const changed = await ask(request);
		expect(changed.cache).toBe('MISS');
		expect(lastPrompt()).toContain(Object.values(change)[0]);
		// The text is the first one again: what was made from it before is not given all the same.
		await edit(location, back);
		expect((await ask(request)).cache).toBe('MISS');
	});

	it('stays when what it did not read changes', async () => {
		const request = template('{{title}} {{author.name}} {{tags.tags_id.label}}', 8);
		await ask(request);
		await edit('/items/articles/8', { body: 'Another body' });
		await edit('/items/articles/7', { title: 'Another article' });
		await edit('/items/authors/3', { biography: 'Another life' });
		await edit('/items/articles_translations/8', { title: 'Anders' });
		await directus.data('POST', '/items/articles', { title: 'A new one' });
		expect(await isHit(request)).toBe(true);
	});

	it('follows a tag that is added to the item, and not one that is added to another', async () => {
		const request = template('Tags: {{tags.tags_id.label}}', 9);
		await ask(request);
		await directus.data('POST', '/items/articles_tags', { articles_id: 8, tags_id: 2 });
		expect(await isHit(request)).toBe(true);
		const { id } = await directus.data<{ id: number }>('POST', '/items/articles_tags', {
			articles_id: 9,
			tags_id: 4,
		});
		expect((await ask(request)).cache).toBe('MISS');
		expect(lastPrompt()).toBe('Tags: history, release');
		await directus.data('DELETE', `/items/articles_tags/${id}`);
		expect((await ask(request)).cache).toBe('MISS');
		expect(lastPrompt()).toBe('Tags: history');
	});

	it('is counted by a dry run of the edit, with all else that the edit drops', async () => {
		await ask(template('Counted: {{title}}', 6));
		const declared = { provider: 'openai', model: 'gpt-4o-mini', collection: 'articles' };
		await ask({ ...declared, prompt: 'All articles' });
		await ask({ ...declared, prompt: 'All titles', fields: ['title'] });
		await ask({ ...declared, prompt: 'All bodies', fields: ['body'] });
		const told = await directus.data<{ entries: number }>('POST', '/ai-cache/invalidate', {
			collection: 'articles',
			items: [6],
			fields: ['title'],
			dry_run: 'edit',
		});
		await edit('/items/articles/6', { title: 'Edited' });
		const newest = async () =>
			(await directus.data<{ rows: { event: string; entries: number }[] }>('GET', '/ai-cache/journal')).rows[0];
		await expect.poll(newest).toMatchObject({ event: 'items.update', entries: told.entries });
		expect(told.entries).toBeGreaterThanOrEqual(3);
	});

	it('sees what reached the database past Directus', async () => {
		const request = template('Past: {{title}}', 10);
		await ask(request);
		expect(await isHit(request)).toBe(true);
		const database = new DatabaseSync(path.join(directus.directory, 'data.db'));
		database.exec("UPDATE articles SET title = 'Written by hand' WHERE id = 10");
		database.close();
		expect((await ask(request)).cache).toBe('MISS');
		expect(lastPrompt()).toBe('Past: Written by hand');
	});

	it('makes one generation per item of a list', async () => {
		const { status, data } = await ask({ ...template('One of {{title}}'), item: undefined, items: [4, '5'] });
		expect(status).toBe(200);
		const elements = data as unknown as { data: { text: string } }[];
		expect(elements.map((element) => element.data.text)).toEqual([
			expect.stringContaining('One of Article 4'),
			expect.stringContaining('One of Article 5'),
		]);
	});
});

describe('while a generation is at the provider', () => {
	it.each([
		['a template', template('Held: {{title}}', 3), { title: 'Changed while held' }],
		[
			'declared fields',
			{
				provider: 'openai',
				model: 'gpt-4o-mini',
				prompt: 'Held',
				collection: 'articles',
				items: [3],
				fields: ['body'],
			},
			{ body: 'Changed while held' },
		],
	])('its item changes: the caller of %s gets the answer, the next one does not', async (_, request, change) => {
		const release = provider.hold();
		const first = ask(request);
		await provider.whenCalled(1);
		await edit('/items/articles/3', change);
		release();
		const answer = await first;
		expect([answer.status, answer.cache, answer.data?.cache.not_stored]).toEqual([200, 'MISS', 'invalidated']);
		expect((await ask(request)).cache).toBe('MISS');
		expect(provider.calls()).toBe(2);
		expect(await isHit(request)).toBe(true);
	});
});

describe('what cannot be rendered', () => {
	it.each([
		['an unknown field', template('{{titel}}'), 400, 'titel'],
		['an unknown relation', template('{{editor.name}}'), 400, 'editor.name'],
		['a relation without a field', template('{{tags}}'), 400, 'tags'],
		['a circle', template('{{author.articles.author.articles.title}}'), 400, 'author.articles.author.articles.title'],
		['an empty placeholder', template('{{}}'), 400, 'prompt'],
		['an unknown collection', template('{{title}}', 1, { collection: 'nothing' }), 400, 'collection'],
	])('%s is refused by its name', async (_, request, status, field) => {
		const answer = await ask(request);
		expect(answer.status).toBe(status);
		expect(JSON.stringify(answer.errors)).toContain(field);
		expect(provider.calls()).toBe(0);
	});

	it('a missing item is a 404 that names it', async () => {
		const answer = await ask(template('{{title}}', 12345));
		expect(answer.status).toBe(404);
		expect(answer.errors[0]?.message).toContain('12345');
	});

	it('a value of five megabytes is refused with the name of its field', async () => {
		await edit('/items/articles/2', { body: 'x'.repeat(5_000_000) }).catch(() => {
			const database = new DatabaseSync(path.join(directus.directory, 'data.db'));
			database.prepare('UPDATE articles SET body = ? WHERE id = 2').run('x'.repeat(5_000_000));
			database.close();
		});
		const answer = await ask(template('{{body}}', 2));
		expect(answer.status).toBe(400);
		expect(answer.errors[0]?.message).toContain('{{body}}');
	});

	it('a text that a template multiplies past the limit is refused at once, and Directus answers others meanwhile', async () => {
		await edit('/items/articles/3', { body: 'x'.repeat(8000) });
		const request = template('{{body}}'.repeat(60_000), 3);
		const [answer, ping] = await Promise.all([
			directus.api('POST', '/ai-cache/lookup', request),
			directus.api('GET', '/server/ping'),
		]);
		expect(answer.status).toBe(400);
		expect(JSON.stringify(answer.body)).toContain('{{body}}');
		expect([answer.ms < 1000, ping.ms < 1000]).toEqual([true, true]);
	});

	it('of a list, one item whose value is none to be written fails alone', async () => {
		await edit('/items/articles/4', { body: 'x'.repeat(900_000) });
		const prompt = 'Sum up {{body}}{{body}}{{body}}{{body}}{{body}}';
		const { status, data } = await ask({ ...template(prompt), item: undefined, items: [4, 5] });
		expect(status).toBe(200);
		expect(data).toMatchObject([{ errors: [{ extensions: { field: 'body' } }] }, { data: {} }]);
	});

	it('an item that the caller may not read is a 404 or a 403, and reaches no provider', async () => {
		const account = await createAccount(directus, 'reader', [{ collection: 'authors', action: 'read' }]);
		const answer = await ask(template('{{title}}'), account.token);
		expect([403, 404]).toContain(answer.status);
		expect(provider.calls()).toBe(0);
	});
});
