import type { SchemaOverview } from '@directus/types';
import { describe, expect, it } from 'vitest';

import type { GenerationRequest } from '../../../src/shared/api-types.ts';
import { AiCache } from '../../../src/cache/cache.ts';
import { Models } from '../../../src/cache/model-versions.ts';
import { StatsRecorder } from '../../../src/cache/stats/recorder.ts';
import type { Asker } from '../../../src/services/generation/read-through.ts';
import { type Caller, callerOf } from '../../../src/services/access/caller.ts';
import { Exchanges } from '../../../src/services/generation/provider-request.ts';
import type { LiveStream } from '../../../src/services/streaming/live-stream.ts';
import { Native } from '../../../src/services/generation/generation-service.ts';
import { readSettings } from '../../../src/services/config/settings.ts';
import { SETTINGS, startEngine } from '../../cache/support/engine.ts';
import { testHost } from '../support/host.ts';

const SCHEMA = {
	collections: {
		articles: { collection: 'articles', primary: 'id', fields: { title: { field: 'title', special: [] } } },
	},
	relations: [],
} as unknown as SchemaOverview;

describe('a batch whose elements have items', () => {
	it('asks for no more at the same time than one call may, elements and items together', async () => {
		const { store, clock } = startEngine();
		const { values } = readSettings({ AI_CACHE_BATCH_CONCURRENCY: '3' });
		const recorder = new StatsRecorder(store, clock);
		const models = new Models(store, clock, async () => {});
		const cache = new AiCache<LiveStream>(store, clock, recorder, models, SETTINGS);
		const exchanges = new Exchanges(values, models);
		let asking = 0;
		let most = 0;
		let asked = 0;
		const ask = async (): Promise<never> => {
			asked++;
			most = Math.max(most, ++asking);
			await new Promise(setImmediate);
			asking--;
			throw new Error('no answer');
		};
		const native = new Native(cache, { ask } as unknown as Asker, exchanges, testHost(), values, clock);
		native.plan = async (request, caller) => {
			const items = (request.items ?? []).map(String);
			const rendered = (item: string) => ({ ...request, prompt: item });
			const prepare = async (index: number) => {
				const item = items[index]!;
				return { exchange: exchanges.native(rendered(item), request, [], caller, item), item };
			};
			return { items, prepare };
		};
		const request: GenerationRequest = {
			provider: 'openai',
			model: 'gpt-4o-mini',
			prompt: 'About {{title}}',
			collection: 'articles',
			items: [1, 2, 3, 4],
		};
		await native.generateBatch([request, request, request, request], callerOf(null), new AbortController().signal);
		expect([asked, most]).toEqual([16, 3]);
	});
});

describe('an item template', () => {
	const plan = async (more: Partial<Caller>): Promise<number> => {
		const { store, clock } = startEngine();
		const { values } = readSettings({});
		const models = new Models(store, clock, async () => {});
		const cache = new AiCache<LiveStream>(store, clock, new StatsRecorder(store, clock), models, SETTINGS);
		let copies = 0;
		const getSchema = async (): Promise<SchemaOverview> => {
			copies++;
			return SCHEMA;
		};
		const host = { ...testHost(), getSchema };
		const native = new Native(cache, {} as unknown as Asker, new Exchanges(values, models), host, values, clock);
		const request = {
			provider: 'openai',
			model: 'gpt-4o-mini',
			prompt: 'About {{title}}',
			collection: 'articles',
		} as const;
		await native.plan({ ...request, item: 1 }, { ...callerOf(null), ...more });
		return copies;
	};

	it('is read with the schema that Directus read for the request, and has no further copy made', async () => {
		expect(await plan({ schema: SCHEMA })).toBe(0);
	});

	it('has the schema read for those who have none, as Flows do', async () => {
		expect(await plan({})).toBe(1);
	});
});
