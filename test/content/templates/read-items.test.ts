import { describe, expect, it } from 'vitest';

import { planTemplate } from '../../../src/content/templates/template-plan.ts';
import { readItems, type ReadContext } from '../../../src/content/templates/read-items.ts';
import { prepareRequests } from '../../../src/content/templates/prepare-requests.ts';
import type { GenerationRequest } from '../../../src/shared/api-types.ts';
import { blog } from '../schema.ts';

interface Read {
	service: string;
	keys: unknown[];
	query: Record<string, unknown>;
	options: Record<string, unknown>;
}

/** Services with the shape of Directus': what they are asked is kept, what they answer is given. */
function directus(
	items: Record<string, unknown>[],
	failure?: Error,
	isSame: (key: unknown, id: unknown) => boolean = (key, id) => Number(key) === Number(id),
): ReadContext & { reads: Read[] } {
	const reads: Read[] = [];
	class ItemsService {
		readonly #service: string;
		readonly #options: Record<string, unknown>;
		constructor(collection: string, options: Record<string, unknown>) {
			this.#service = collection;
			this.#options = options;
		}
		async readMany(keys: unknown[], query: Record<string, unknown>) {
			if (failure) throw failure;
			reads.push({ service: this.#service, keys, query, options: this.#options });
			return items.filter(({ id }) => keys.some((key) => isSame(key, id)));
		}
	}
	class UsersService extends ItemsService {
		constructor(options: Record<string, unknown>) {
			super('users', options);
		}
	}
	class CollectionsService {
		readAll(): void {}
	}
	const services = { ItemsService, UsersService, CollectionsService };
	return { services, schema: blog, accountability: { user: 'me' } as never, reads };
}

/** The same where the keys of headings are texts. */
function textKeys(items: Record<string, unknown>[], isSame: (key: unknown, id: unknown) => boolean): ReadContext {
	const schema = structuredClone(blog);
	schema.collections['headings']!.fields['id']!.type = 'string';
	return { ...directus(items, undefined, isSame), schema };
}

function plan(collection: string, prompt: string) {
	const found = planTemplate({ prompt }, collection, blog);
	if (!found) throw new Error('no placeholders');
	return found;
}

const forbidden = (reason: string) =>
	Object.assign(new Error(reason), { code: 'FORBIDDEN', status: 403, extensions: { reason } });

describe('reading the items of a template', () => {
	it('reads all items in one query, each once, with the caller’s permissions and only the needed fields', async () => {
		const context = directus([
			{ id: 2, title: 'b' },
			{ id: 1, title: 'a' },
		]);
		const items = await readItems(plan('articles', '{{title}}'), [1, '2', '1'], context);
		expect([...items.keys()].sort()).toEqual(['1', '2']);
		expect(context.reads).toEqual([
			{
				service: 'articles',
				keys: ['1', '2'],
				query: { fields: ['id', 'title'], deep: {}, limit: 2 },
				options: { schema: blog, accountability: context.accountability },
			},
		]);
	});

	it('finds an item by another spelling of its key', async () => {
		const both = directus([{ id: 2 }, { id: 1 }]);
		const found = await readItems(plan('articles', '{{title}}'), ['02', 1], both);
		expect([found.get('02'), found.get('1')]).toEqual([{ id: 2 }, { id: 1 }]);
		const template = { prompt: '{{title}}', collection: 'articles', item: '02' };
		const context = directus([{ id: 2, title: 'b' }]);
		const [prepared] = await prepareRequests({ provider: 'openai', model: 'm', ...template }, context);
		expect(prepared?.request.prompt).toBe('b');
	});

	it('keeps items apart whose keys the database tells apart', async () => {
		const exact = (key: unknown, id: unknown): boolean => key === id;
		const items = [
			{ id: '7', text: 'seven' },
			{ id: '007', text: 'agent' },
		];
		const find = (keys: string[]) => readItems(plan('headings', '{{text}}'), keys, textKeys(items, exact));
		const found = await find(['7', '007']);
		expect([found.get('7'), found.get('007')]).toEqual(items);
		await expect(find(['7', '07'])).rejects.toMatchObject({ status: 404, extensions: { item: '07' } });
	});

	it('uses a system collection’s own service', async () => {
		const context = directus([{ id: 7, first_name: 'Ann' }]);
		await readItems(plan('directus_users', '{{first_name}}'), [7], context);
		expect(context.reads[0]?.service).toBe('users');
	});

	it.each([
		['is missing', 9],
		['has a key that none can have', 'nine'],
	])('throws a 404 with collection and key if an item %s', async (_, key) => {
		await expect(readItems(plan('articles', '{{title}}'), [1, key], directus([{ id: 1 }]))).rejects.toMatchObject({
			status: 404,
			code: 'AI_CACHE_NOT_FOUND',
			extensions: { collection: 'articles', item: String(key) },
		});
	});

	it.each([
		['access field "body" in collection "articles" or it does not exist. Queried in root.', 'body'],
		['access fields "a", "b" in collection "tags" or they do not exist. Queried in "tags.tag_id".', 'tags.tag_id.a'],
		['access collection "tags" or it does not exist. Queried in "tags".', 'tags'],
		['access collection "articles" or it does not exist. Queried in root.', 'collection'],
	])('names the field when Directus refuses to %s', async (reason, field) => {
		const context = directus([], forbidden(`You don't have permission to ${reason}`));
		await expect(readItems(plan('articles', '{{title}}'), [1], context)).rejects.toMatchObject({
			status: 403,
			code: 'FORBIDDEN',
			extensions: { field },
		});
	});

	it('passes other errors on unchanged', async () => {
		const failure = new Error('database is locked');
		await expect(readItems(plan('articles', '{{title}}'), [1], directus([], failure))).rejects.toBe(failure);
	});
});

describe('preparing a request', () => {
	const request = (more: Partial<GenerationRequest>): GenerationRequest => ({
		provider: 'openai',
		model: 'm',
		...more,
	});

	it('creates one request per item, in order, with its own and the declared dependencies', async () => {
		const context = directus([
			{ id: 2, title: 'b' },
			{ id: 1, title: 'a' },
		]);
		const prepared = await prepareRequests(
			request({
				prompt: 'On {{title}}',
				collection: 'articles',
				items: [1, 2],
				fields: ['body'],
				depends_on: [{ collection: 'tags', items: [3] }],
			}),
			context,
		);
		expect(prepared.map((one) => [one.request.prompt, one.request.item, one.request.items, one.item])).toEqual([
			['On a', 1, undefined, '1'],
			['On b', 2, undefined, '2'],
		]);
		expect(prepared[1]?.content).toEqual([
			{ collection: 'articles', items: ['2'], fields: ['title'] },
			{ collection: 'articles', items: ['2'], fields: ['body'] },
			{ collection: 'tags', items: ['3'] },
		]);
	});

	it.each<[string, Partial<GenerationRequest>, object[]]>([
		['a collection as a whole', { collection: 'articles' }, [{ collection: 'articles' }]],
		['items', { collection: 'articles', items: [1, '2'] }, [{ collection: 'articles', items: ['1', '2'] }]],
		[
			'fields of an item',
			{ collection: 'articles', item: 1, fields: ['t'] },
			[{ collection: 'articles', items: ['1'], fields: ['t'] }],
		],
		['nothing', {}, []],
	])('reads nothing without placeholders, and depends on %s as declared', async (_, declared, content) => {
		const context = directus([]);
		const [prepared] = await prepareRequests(request({ prompt: 'Hello', ...declared }), context);
		expect(prepared?.content).toEqual(content);
		expect(context.reads).toEqual([]);
	});

	it('keeps braces as text without an item, and removes an escaping backslash with an item', async () => {
		const text = String.raw`{{title}} \{{body}}`;
		const [plain] = await prepareRequests(request({ prompt: text, collection: 'articles' }), directus([]));
		expect(plain?.request.prompt).toBe(text);
		const masked = request({ prompt: String.raw`\{{body}}`, collection: 'articles', item: 1 });
		expect((await prepareRequests(masked, directus([])))[0]?.request.prompt).toBe('{{body}}');
	});

	it('rejects a collection that does not exist', async () => {
		const asked = request({ prompt: '{{title}}', collection: 'nope', item: 1 });
		await expect(prepareRequests(asked, directus([]))).rejects.toMatchObject({
			status: 400,
			extensions: { field: 'collection' },
		});
	});
});
