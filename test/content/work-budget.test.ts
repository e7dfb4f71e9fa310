import { describe, expect, it } from 'vitest';

import { planRequests } from '../../src/content/templates/prepare-requests.ts';
import { MAX_CALL_BYTES, waitForTurn, WorkBudget } from '../../src/content/work-budget.ts';
import { blog } from './schema.ts';

describe('the work of one call', () => {
	it('is rejected with a 400 that names the placeholder if its items contain too much text in total', async () => {
		const body = 'x'.repeat(900_000);
		let reads = 0;
		class ItemsService {
			async readMany(keys: number[]) {
				reads += keys.length;
				return keys.map((id) => ({ id, body }));
			}
		}
		const items = Array.from({ length: 1000 }, (_, id) => id);
		const request = { provider: 'openai', model: 'm', prompt: '{{body}}', collection: 'articles', items } as const;
		const context = { services: { ItemsService }, schema: blog, accountability: null };
		const plan = planRequests({ ...request, items }, context, new WorkBudget());
		const render = async () => {
			for (const index of items) await plan.prepare(index);
		};
		await expect(render()).rejects.toMatchObject({ status: 400, extensions: { field: 'body' } });
		expect(reads).toBeLessThan(100);
	});

	it('shares one budget over all elements of a batch', () => {
		const work = new WorkBudget();
		work.spend(MAX_CALL_BYTES - 1, 'title');
		work.spend(1, 'title');
		expect(() => work.spend(1, 'title')).toThrow('"title"');
	});

	it('is spread over turns of the event loop', async () => {
		let turns = 0;
		let counting = true;
		const count = (): void => {
			turns++;
			if (counting) setImmediate(count);
		};
		setImmediate(count);
		await Promise.all(Array.from({ length: 20 }, () => waitForTurn(900_000)));
		counting = false;
		expect(turns).toBeGreaterThan(15);
	});
});
