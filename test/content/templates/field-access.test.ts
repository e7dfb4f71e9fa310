import type { Accountability } from '@directus/types';
import { describe, expect, it } from 'vitest';

import { planTemplate } from '../../../src/content/templates/template-plan.ts';
import { readItems, type ReadContext } from '../../../src/content/templates/read-items.ts';
import { blog } from '../schema.ts';

type Items = Record<string, unknown>[];

/** Directus as the caller and as whoever may read everything see it; each of the caller's reads gives the next answer. */
function directus(callers: Items[], everything: Items, accountability: Partial<Accountability> | null) {
	const reads: ('caller' | 'unrestricted')[] = [];
	class ItemsService {
		readonly #restricted: boolean;
		constructor(_collection: string, options: { accountability: Accountability | null }) {
			this.#restricted = options.accountability !== null;
		}
		async readMany(): Promise<Items> {
			reads.push(this.#restricted ? 'caller' : 'unrestricted');
			return this.#restricted ? (callers.length > 1 ? callers.shift()! : callers[0]!) : everything;
		}
	}
	const context: ReadContext = {
		services: { ItemsService },
		schema: blog,
		accountability: accountability as Accountability | null,
	};
	return { context, reads };
}

const READER = { user: 'me', admin: false };

function read(prompt: string, { context }: ReturnType<typeof directus>) {
	return readItems(planTemplate({ prompt }, 'articles', blog)!, [1, 2], context);
}

describe('a value that is forbidden in a single item', () => {
	it('is a 403 that names the field and the item, although Directus returns null', async () => {
		const seen = [
			{ id: 1, body: 'open' },
			{ id: 2, body: null },
		];
		const site = directus(
			[seen],
			[
				{ id: 1, body: 'open' },
				{ id: 2, body: 'secret' },
			],
			READER,
		);
		await expect(read('{{body}}', site)).rejects.toMatchObject({ status: 403, extensions: { field: 'body' } });
		await expect(read('{{body}}', site)).rejects.toThrow('item "2" of "articles"');
		await expect(read('{{body}}', site)).rejects.not.toThrow('secret');
	});

	it('is a 403 behind a relation as well', async () => {
		const of = (name: string | null) => [
			{ id: 1, author: { id: 7, first_name: name } },
			{ id: 2, author: null },
		];
		const site = directus([of(null)], of('Ann'), READER);
		await expect(read('{{author.first_name}}', site)).rejects.toMatchObject({
			status: 403,
			extensions: { field: 'author.first_name' },
		});
	});

	it('is a 403 that names the path if it is a related item, which Directus returns as null', async () => {
		const of = (author: object | null) => [
			{ id: 1, author: { id: 7, first_name: 'Ann' } },
			{ id: 2, author },
		];
		const site = directus([of(null)], of({ id: 8, first_name: 'Bob' }), READER);
		const asked = read('{{author.first_name}}', site);
		await expect(asked).rejects.toMatchObject({ status: 403, extensions: { field: 'author.first_name' } });
		await expect(read('{{author.first_name}}', site)).rejects.toThrow('"author" of item "2" of "articles"');
	});

	it('is a 403 that names the path if it is a related item behind a list or a many-to-any relation', async () => {
		const tags = (tag: object | null) => [
			{ id: 1, tags: [{ id: 4, tag_id: tag }] },
			{ id: 2, tags: [] },
		];
		const list = directus([tags(null)], tags({ id: 9, label: 'hot' }), READER);
		await expect(read('{{tags.tag_id.label}}', list)).rejects.toMatchObject({
			status: 403,
			extensions: { field: 'tags.tag_id.label' },
		});
		const sections = (item: object | null) => [
			{ id: 1, sections: [{ id: 4, collection: 'quotes', item: null }] },
			{ id: 2, sections: [{ id: 5, collection: 'headings', item }] },
		];
		const any = directus([sections(null)], sections({ id: 9, text: 'Head' }), READER);
		await expect(read('{{sections.item:headings.text}}', any)).rejects.toMatchObject({
			status: 403,
			extensions: { field: 'sections.item:headings.text' },
		});
	});

	it('is no error if the related item is null for everyone', async () => {
		const items = [
			{ id: 1, author: null },
			{ id: 2, author: { id: 7, first_name: 'Ann' } },
		];
		const site = directus([items], items, READER);
		await expect(read('{{author.first_name}}', site)).resolves.toBeInstanceOf(Map);
	});

	it('is no error if the value is null for everyone', async () => {
		const items = [
			{ id: 1, body: null },
			{ id: 2, body: null },
		];
		const site = directus([items], items, READER);
		expect((await read('{{body}}', site)).get('2')).toEqual({ id: 2, body: null });
		expect(site.reads).toEqual(['caller', 'unrestricted']);
	});

	it('is no error if the value was set between the two reads', async () => {
		const before = [
			{ id: 1, body: 'a' },
			{ id: 2, body: null },
		];
		const after = [
			{ id: 1, body: 'a' },
			{ id: 2, body: 'just written' },
		];
		const site = directus([before, after], after, READER);
		await expect(read('{{body}}', site)).resolves.toBeInstanceOf(Map);
		expect(site.reads).toEqual(['caller', 'unrestricted', 'caller']);
	});

	it.each([
		['no value is null', READER, 'a'],
		['the caller is an admin', { user: 'me', admin: true }, null],
		['nobody in particular asks', null, null],
	])('needs no second read if %s', async (_, accountability, body) => {
		const items = [
			{ id: 1, body },
			{ id: 2, body },
		];
		const site = directus([items], items, accountability);
		await read('{{body}}', site);
		expect(site.reads).toHaveLength(1);
	});
});
