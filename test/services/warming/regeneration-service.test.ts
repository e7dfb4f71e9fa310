import { describe, expect, it } from 'vitest';

import { announce, startArticles, user } from '../support/articles.ts';

const start = () => {
	const articles = startArticles();
	articles.titles.set('1', 'Title 1');
	return articles;
};
const anew = ({ regenerator }: ReturnType<typeof start>, key: string) =>
	regenerator.regenerate(key, new AbortController().signal);

describe('generating an entry anew', () => {
	it('asks the same past the cache, and leaves it where its caller finds it', async () => {
		const articles = start();
		const request = announce('1', { system: 'Be kind.', tags: ['news'], cache: { scope: 'role', ttl: 600 } });
		const { key } = (await (await articles.ask(request)).outcome).entry.meta;
		const before = await articles.store.read(key);
		articles.clock.advanceSeconds(60);
		expect(await anew(articles, key)).toMatchObject({
			text: 'About: Announce Title 1',
			cache: { status: 'REFRESH', key },
		});
		expect(articles.prompts).toHaveLength(2);
		const after = await articles.store.read(key);
		const { created, expires, durationMs: _, ...rest } = before!.entry.meta;
		expect(after?.entry.meta).toMatchObject({ ...rest, created: created + 60_000, expires: expires + 60_000 });
		expect((await articles.ask(request)).status).toBe('HIT');
	});

	it('renders an item template from the content of now', async () => {
		const articles = start();
		const { key } = (await (await articles.ask(announce('1'))).outcome).entry.meta;
		articles.titles.set('1', 'Another title');
		expect((await anew(articles, key)).text).toBe('About: Announce Another title');
		expect((await articles.ask(announce('1'))).status).toBe('HIT');
	});

	it('is refused where its caller may not ask any more, and asks nobody', async () => {
		const articles = start();
		const { key } = (await (await articles.ask(announce('1'), user('ben'))).outcome).entry.meta;
		articles.mayNot.add('ben');
		await expect(anew(articles, key)).rejects.toMatchObject({ status: 400, extensions: { field: 'key' } });
		expect(articles.prompts).toHaveLength(1);
	});

	it('says of an entry that there is not that there is none', async () => {
		await expect(anew(start(), 'openai:gpt-4o:none')).rejects.toMatchObject({ status: 404 });
	});
});
