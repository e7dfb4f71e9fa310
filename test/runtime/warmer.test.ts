import { describe, expect, it } from 'vitest';

import { announce, startArticles, user } from './support/articles.ts';

let articles: ReturnType<typeof startArticles>;
const start = () => {
	articles = startArticles();
	for (const item of ['1', '2']) articles.titles.set(item, `Title ${item}`);
	return articles;
};

async function warm(top = 10) {
	const { id } = await articles.warmer.top(top, null);
	await expect.poll(async () => (await articles.warmer.job(id)).state).toBe('done');
	return articles.warmer.job(id);
}

describe('warming what is asked most', () => {
	it('renders item templates from the content of now, with the permissions of who asked', async () => {
		const { save, askOften, prompts, ask } = start();
		await askOften(announce('1'));
		await save('1', 'Another title');
		expect(await warm()).toMatchObject({ total: 1, generated: 1 });
		expect(prompts).toEqual(['Announce Title 1', 'Announce Another title']);
		expect((await ask(announce('1'))).status).toBe('HIT');
	});

	it('leaves out those whose caller may not ask any more, and those whose item is gone', async () => {
		const { invalidator, askOften, titles, mayNot, warmer } = start();
		await askOften(announce('1'), 3, user('ann'));
		await askOften(announce('2'), 3, user('bob'));
		await invalidator.purge({ all: true }, { cause: 'purge' });
		expect(await warmer.candidates(10, true)).toMatchObject([{ state: 'missing' }, { state: 'missing' }]);
		mayNot.add('ann');
		titles.delete('2');
		expect(await warmer.candidates(10, true)).toEqual([]);
	});

	it('ranks a template by all its renderings together', async () => {
		const { save, askOften, warmer, invalidator } = start();
		await askOften(announce('1'), 3);
		await askOften(announce('2'), 4);
		await save('1', 'Another title');
		await askOften(announce('1'), 3);
		await invalidator.purge({ all: true }, { cause: 'purge' });
		expect(await warmer.candidates(10, true)).toMatchObject([
			{ requested: 6, preview: 'Announce Another title' },
			{ requested: 4, preview: 'Announce Title 2' },
		]);
	});

	it('makes anew what is about to expire, and leaves what is fresh', async () => {
		const { askOften, clock, warmer, prompts } = start();
		await askOften(announce('1', { cache: { ttl: 1000 } }));
		await askOften(announce('2', { cache: { ttl: 5000 } }));
		clock.advanceSeconds(899);
		expect(await warmer.candidates(10, true)).toEqual([]);
		clock.advanceSeconds(21);
		expect(await warmer.candidates(10, true)).toMatchObject([{ state: 'expiring', expires_in: 80, requested: 3 }]);
		expect(await warm()).toMatchObject({ total: 1, generated: 1 });
		expect(prompts).toHaveLength(3);
		expect(await warmer.candidates(10, true)).toEqual([]);
	});

	it.each(['stale_while_revalidate', 'stale_if_error'])(
		'takes none that is out of date instead, with %s',
		async (name) => {
			const { askOften, clock, upstream, prompts } = start();
			await askOften(announce('1', { cache: { ttl: 100, [name]: 300 } }));
			clock.advanceSeconds(200);
			upstream.fail = 400;
			expect(await warm()).toMatchObject({ generated: 0, already_cached: 0, failed: 1, spent_usd: 0 });
			expect(await warm()).toMatchObject({ generated: 1, failed: 0 });
			expect(prompts).toHaveLength(3);
		},
	);
});
