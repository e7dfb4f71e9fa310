import { describe, expect, it } from 'vitest';

import { startEngine } from '../support/engine.ts';

describe('an entry that is asked for with ever other dependencies', () => {
	it('does not grow with each of them: beyond so many, the latest alone are kept', async () => {
		const engine = startEngine();
		const items = (from: number) => ({
			content: [{ collection: 'articles', items: Array.from({ length: 6000 }, (_, index) => String(from + index)) }],
			tags: [],
		});
		await engine.fill('one', { dependencies: items(0) });
		await engine.fill('two', { dependencies: items(10_000) });
		const { entry } = await (await engine.ask({ dependencies: items(10_000) })).outcome;
		expect(entry.meta.content).toEqual(items(10_000).content);
		expect((await engine.fill('three', { dependencies: items(0) })).status).toBe('MISS');
	});
});
