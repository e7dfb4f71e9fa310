import { describe, expect, it } from 'vitest';
import { allTag, freeTag, providerTag } from '../../../src/cache/tags/tags.ts';
import { outboxOfTags } from '../../../src/stores/decorators/outbox.ts';

describe('an outbox made for tags', () => {
	it('keeps every kind of work, in order', async () => {
		const created = new Date(0).toISOString();
		const rows: { id: string; created: string; tags: readonly string[] }[] = [];
		const outbox = outboxOfTags({
			add: async (tags) => {
				const id = String(rows.length);
				rows.push({ id, created, tags });
				return id;
			},
			listPending: async () => [...rows],
			listUnwritten: () => rows.slice(0, 1),
			remove: async (ids) => {
				const before = rows.length;
				rows.splice(0, before, ...rows.filter(({ id }) => !ids.includes(id)));
				return before - rows.length;
			},
		});
		const state = { version: 2, snapshot: 's', systemFingerprint: null, changedAt: 5 };
		const works = [
			{ kind: 'tags', tags: [allTag(), freeTag('!odd')] },
			{ kind: 'matching', tagSets: [[providerTag('openai')], [freeTag('a')]] },
			{ kind: 'keys', keys: ['openai:gpt-4o:x'] },
			{ kind: 'model', provider: 'openai', model: 'gpt-4o', state },
		] as const;
		for (const work of works) await outbox.add(work);
		expect((await outbox.pending()).map(({ work }) => work)).toEqual(works);
		expect(outbox.unwritten()).toEqual([{ id: '0', created, work: works[0] }]);
		expect(await outbox.remove(['0', '2', 'none'])).toBe(2);
		expect(await outbox.pending()).toMatchObject([
			{ id: '1', created },
			{ id: '3', created },
		]);
	});
});
