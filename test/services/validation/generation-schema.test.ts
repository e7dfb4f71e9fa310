import { describe, expect, it } from 'vitest';

import { parseGeneration } from '../../../src/services/validation/generation-schema.ts';
import { parseInvalidation } from '../../../src/services/validation/invalidation-schema.ts';

const minimal = { provider: 'openai', model: 'gpt-4o', prompt: 'Hello' };

/** The field that is named first, and the whole message. */
function refusalOf(work: () => unknown): { field: string; message: string; status: number } {
	try {
		work();
	} catch (error) {
		const { extensions, message, status } = error as Error & { extensions: { field: string }; status: number };
		return { field: extensions.field, message, status };
	}
	throw new Error('it was not refused');
}

describe('a generation request', () => {
	it('is taken with everything that it may hold', () => {
		const request = {
			...minimal,
			system: 'Be brief.',
			params: { temperature: 0, response_format: { type: 'json_object' } },
			collection: 'articles',
			items: [1, 'two'],
			fields: ['title'],
			tags: ['news'],
			depends_on: [{ collection: 'authors', items: [3], fields: ['name'] }],
			content_type: 'static',
			confidence: 1.2,
			cache: { mode: 'no-cache', ttl: 60, max_age: 5, scope: 'role', stale_while_revalidate: 1, stale_if_error: 2 },
			stream: false,
		};
		expect(parseGeneration(request)).toEqual(request);
	});

	it.each([
		[{ provider: undefined }, 'provider'],
		[{ provider: 'acme' }, 'provider'],
		[{ model: undefined }, 'model'],
		[{ model: ' ' }, 'model'],
		[{ model: 7 }, 'model'],
		[{ prompt: undefined }, 'prompt'],
		[{ prompt: '' }, 'prompt'],
		[{ prompt: ['Hello'] }, 'prompt'],
		[{ messages: [{ role: 'user', content: 'Hi' }] }, 'messages'],
		[{ prompt: undefined, messages: [] }, 'messages'],
		[{ system: 1 }, 'system'],
		[{ params: [] }, 'params'],
		[{ params: { stream: true } }, 'params.stream'],
		[{ item: 1 }, 'item'],
		[{ items: [1] }, 'items'],
		[{ fields: ['title'] }, 'fields'],
		[{ collection: 'articles', item: 1, items: [1] }, 'items'],
		[{ collection: 'articles', items: [] }, 'items'],
		[{ collection: 'articles', item: { id: 1 } }, 'item'],
		[{ collection: 'articles', item: '*' }, 'item'],
		[{ collection: 'articles', items: [1, ' * '] }, 'items.1'],
		[{ collection: 'articles', items: [1], fields: ['title', '*'] }, 'fields.1'],
		[{ collection: 'articles', fields: ['author.name'] }, 'fields.0'],
		[{ collection: 'articles', fields: ['count(tags)'] }, 'fields.0'],
		[{ depends_on: [{ collection: 'articles', items: ['*'] }] }, 'depends_on.0.items.0'],
		[{ depends_on: [{ collection: 'articles', fields: ['*.*'] }] }, 'depends_on.0.fields.0'],
		[{ tags: 'news' }, 'tags'],
		[{ tags: Array(101).fill('x') }, 'tags'],
		[{ depends_on: [{ items: [1] }] }, 'depends_on.0.collection'],
		[{ depends_on: [{ collection: 'a', key: 1 }] }, 'depends_on.0.key'],
		[{ content_type: 'dynamic' }, 'content_type'],
		[{ confidence: -1 }, 'confidence'],
		[{ confidence: '1' }, 'confidence'],
		[{ cache: 'no-store' }, 'cache'],
		[{ cache: { mode: 'reload' } }, 'cache.mode'],
		[{ cache: { ttl: -1 } }, 'cache.ttl'],
		[{ cache: { scope: 'team' } }, 'cache.scope'],
		[{ cache: { max_stale: 1 } }, 'cache.max_stale'],
		[{ stream: 'yes' }, 'stream'],
		[{ temperature: 0 }, 'temperature'],
	])('with %j is refused by its field’s name', (more, field) => {
		const refusal = refusalOf(() => parseGeneration({ ...minimal, ...more }));
		expect(refusal).toMatchObject({ field, status: 400 });
		expect(refusal.message).toContain(`"${field}"`);
	});

	it.each([null, 'text', 7, undefined])('that is %j is refused as such', (input) => {
		expect(refusalOf(() => parseGeneration(input)).message).toMatch(/^The body /);
	});

	it('is told what is missing, and what must be of another type', () => {
		const reasonOf = (more: object) => refusalOf(() => parseGeneration({ ...minimal, ...more })).message;
		expect(reasonOf({ model: undefined })).toBe('"model" is missing');
		expect(reasonOf({ provider: undefined })).toBe('"provider" is missing');
		expect(reasonOf({ model: 7 })).toBe('"model" must be a string');
		expect(reasonOf({ params: [] })).toBe('"params" must be an object');
		expect(reasonOf({ tags: 'news' })).toBe('"tags" must be an array');
	});

	it('with several mistakes is told all of them', () => {
		const { message } = refusalOf(() => parseGeneration({ provider: 'acme', prompt: 1, colour: 'red' }));
		for (const field of ['provider', 'model', 'prompt', 'colour']) expect(message).toContain(`"${field}"`);
	});

	it('is never repeated in its refusal', () => {
		const { message } = refusalOf(() => parseGeneration({ ...minimal, prompt: 'a private matter', model: 7 }));
		expect(message).not.toContain('private');
	});
});

describe('an invalidation', () => {
	it.each([
		{ all: true },
		{ provider: 'openai', model: 'gpt-4o', dry_run: true },
		{ collection: 'articles', items: [1, '2'], fields: ['title'] },
		{ tags: ['news'], provider: 'mistral' },
		{ key: 'openai:gpt-4o:x' },
		{ collection: 'articles', items: [1], fields: ['title'], dry_run: 'edit' },
	])('by %j is taken', (criteria) => {
		expect(parseInvalidation(criteria)).toEqual(criteria);
	});

	it.each([
		[{}, 'all'],
		[{ all: false }, 'all'],
		[{ dry_run: true }, 'all'],
		[{ all: true, provider: 'openai' }, 'all'],
		[{ all: 'true' }, 'all'],
		[{ provider: 'acme' }, 'provider'],
		[{ model: '' }, 'model'],
		[{ items: [1] }, 'items'],
		[{ fields: ['title'] }, 'fields'],
		[{ collection: 'articles', items: [] }, 'items'],
		[{ collection: 'articles', items: 1 }, 'items'],
		[{ collection: 'articles', items: ['*'] }, 'items.0'],
		[{ collection: 'articles', items: [1], fields: ['*'] }, 'fields.0'],
		[{ collection: 'articles', fields: ['author.name'] }, 'fields.0'],
		[{ tags: [] }, 'tags'],
		[{ prompt: 'x', all: true }, 'prompt'],
		[{ all: true, dry_run: 1 }, 'dry_run'],
		[{ collection: 'articles', dry_run: 'edit' }, 'items'],
		[{ collection: 'articles', items: [1], key: 'x', dry_run: 'edit' }, 'key'],
	])('by %j is refused by its field’s name', (criteria, field) => {
		expect(refusalOf(() => parseInvalidation(criteria))).toMatchObject({ field, status: 400 });
	});
});
