import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { InvalidRequestError } from '../../../src/services/errors/errors.ts';
import { announce, completion, startArticles, USD, user } from '../support/articles.ts';

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

	it('leaves out what was asked once, which is not often', async () => {
		const { askOften, warmer, invalidator } = start();
		await askOften(announce('1'), 2);
		await askOften(announce('2'), 1);
		await invalidator.purge({ all: true }, { cause: 'purge' });
		expect(await warmer.candidates(10, true)).toMatchObject([{ requested: 2, preview: 'Announce Title 1' }]);
		expect(await warm()).toMatchObject({ total: 1, generated: 1 });
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
			upstream.fail = 403;
			expect(await warm()).toMatchObject({ generated: 0, already_cached: 0, failed: 1, spent_usd: 0 });
			expect(await warm()).toMatchObject({ generated: 1, failed: 0 });
			expect(prompts).toHaveLength(3);
		},
	);
});

describe('what cannot be stored', () => {
	const truncated = () => {
		const answer = completion('About');
		const [choice] = answer.choices;
		return { ...answer, choices: [{ ...choice, finish_reason: 'length' }] };
	};

	it('is paid for once, and left out from then on with the reason', async () => {
		const { warmer, invalidator, askOften, upstream, prompts } = start();
		await askOften(announce('1'));
		await invalidator.purge({ all: true }, { cause: 'purge' });
		upstream.call = async () => {
			prompts.push('truncated');
			return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(truncated())) };
		};
		expect(await warm()).toMatchObject({ done: 1, failed: 1, left_out: [], spent_usd: USD });
		const asked = prompts.length;
		const leftOut = [{ model: 'openai/gpt-4o-mini', reason: 'truncated' }];
		expect(await warm()).toMatchObject({ total: 1, done: 1, failed: 0, left_out: leftOut, spent_usd: 0 });
		expect(prompts).toHaveLength(asked);
		expect(await warmer.candidates(10, true)).toEqual([]);
	});

	it('as the provider refuses it, is left out from then on until its content changes', async () => {
		const { invalidator, askOften, upstream, save } = start();
		await askOften(announce('1'));
		await invalidator.purge({ all: true }, { cause: 'purge' });
		upstream.fail = 400;
		expect(await warm()).toMatchObject({ failed: 1, left_out: [] });
		expect(await warm()).toMatchObject({ generated: 0, failed: 0, left_out: [{ model: 'openai/gpt-4o-mini' }] });
		await save('1', 'Another title');
		expect(await warm()).toMatchObject({ generated: 1, left_out: [] });
	});
});

describe('a damaged job in the store', () => {
	it.each(['{', 'null', '[]', '{"id":"broken"}', JSON.stringify({ id: 'broken', state: 'gone', beat: 'x' })])(
		'as %s is left out of the list, and is a 404 by its id',
		async (text) => {
			const { store, warmer } = start();
			const sound = await warmer.top(1, null);
			await store.putDocument('warm:broken', text, 60_000);
			expect((await warmer.jobs()).map(({ id }) => id)).toEqual([sound.id]);
			await expect(warmer.job('broken')).rejects.toMatchObject({ status: 404 });
		},
	);
});

describe('a job whose process ended', () => {
	const running = async () => {
		const { warmer, upstream, store, clock, titles } = start();
		titles.set('3', 'Title 3');
		upstream.call = ({ signal }) =>
			new Promise((_, reject) => {
				const leave = (): void => reject(new Error('left'));
				if (signal?.aborted) leave();
				else signal?.addEventListener('abort', leave);
			});
		const requests = ['1', '2', '3'].map((item) => announce(item));
		const { id } = await warmer.requests(requests, user('ann'), 1);
		return { id, warmer, other: startArticles({}, { store, clock }).warmer, clock };
	};

	it('without a word has failed after half a minute, says why, and runs no more', async () => {
		const { id, other, clock } = await running();
		expect(await other.job(id)).toMatchObject({ state: 'running', finished: null });
		clock.advanceSeconds(31);
		const lost = { state: 'failed', finished: '2026-01-01T00:00:00.000Z', errors: [expect.stringContaining('ended')] };
		expect(await other.job(id)).toMatchObject(lost);
		expect(await other.jobs()).toMatchObject([lost]);
		expect(await other.job(id)).not.toHaveProperty('beat');
	});

	it('runs as long as its process says so', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		onTestFinished(() => void vi.useRealTimers());
		const { id, other, clock } = await running();
		for (let beat = 0; beat < 20; beat++) {
			clock.advanceSeconds(5);
			await vi.advanceTimersByTimeAsync(5000);
		}
		expect(await other.job(id)).toMatchObject({ state: 'running' });
	});

	it('in an orderly way is aborted, and saved as that before it is closed', async () => {
		const { id, warmer, other } = await running();
		await warmer.close();
		expect(await other.job(id)).toMatchObject({ state: 'aborted', errors: ['Its process was stopped'] });
	});
});

describe('a job with a budget', () => {
	it('leaves out what has no known price, and says which setting names it', async () => {
		const { warmer, prompts } = start();
		const unpriced = announce('1', { model: 'acme-1' });
		const { id } = await warmer.requests([unpriced, announce('2')], user('ann'), 1);
		await expect.poll(async () => (await warmer.job(id)).state).toBe('done');
		const { done, generated, failed, errors, left_out: leftOut } = await warmer.job(id);
		expect([done, generated, failed, errors]).toEqual([2, 1, 0, []]);
		const reason = expect.stringMatching(/AI_CACHE_PRICES.*openai\/acme-1/) as string;
		expect(leftOut).toEqual([{ key: expect.any(String) as string, model: 'openai/acme-1', reason }]);
		expect(prompts).toEqual(['Announce Title 2']);
	});

	it('counts what has no known price and is there already', async () => {
		const { warmer, ask } = start();
		const unpriced = announce('1', { model: 'acme-1' });
		await ask(unpriced);
		const { id } = await warmer.requests([unpriced], user('ann'), 1);
		await expect.poll(async () => (await warmer.job(id)).state).toBe('done');
		expect(await warmer.job(id)).toMatchObject({ already_cached: 1, failed: 0, errors: [] });
	});
});

describe('requests to warm', () => {
	it('of which one cannot be prepared are refused by its place', async () => {
		const { warmer, titles } = start();
		titles.delete('2');
		const refused = new InvalidRequestError({ field: 'item', reason: 'There is no such article' });
		titles.get = (item) => {
			if (item === '2') throw refused;
			return `Title ${item}`;
		};
		await expect(warmer.requests([announce('1'), announce('2')], user('ann'), 1)).rejects.toMatchObject({
			message: 'requests.1: There is no such article',
			extensions: { field: 'requests.1.item' },
		});
	});
});
