import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/shared/api-types.ts';
import { replayResponse } from '../../src/providers/openai/responses-replay.ts';
import { type RawProvider, startRawProvider } from '../support/raw-provider.ts';
import { jsonBody } from '../support/recorded-request.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { ADMIN } from './support/process.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

let provider: RawProvider;
let directus: Directus;
let sdks: Sdks;
let opened: Promise<void> = Promise.resolve();
let prompts = 0;

beforeAll(async () => {
	provider = await startRawProvider((request) => {
		const asked = jsonBody(request) as JsonObject;
		const answer = responseTo(asked);
		if (asked['stream'] !== true) return { body: [{ until: opened }, { write: JSON.stringify(answer) }] };
		const [first = '', ...events] = replayResponse(answer);
		return {
			headers: { 'content-type': 'text/event-stream' },
			body: [{ write: first }, { until: opened }, { write: events.join('') }],
		};
	});
	directus = await startDirectus({ database: 'empty', env: rawProviderEnvironment(provider.url) });
	sdks = sdksOf(directus.url, ADMIN.token);
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => {
	provider.reset();
	sdks.reset();
	opened = Promise.resolve();
});

/** As OpenAI answers: with what the request said of its caller. */
function responseTo(asked: JsonObject): JsonObject {
	const id = provider.requests.length;
	const content = [{ type: 'output_text', text: `answer ${id}`, annotations: [] }];
	return {
		id: `resp_${id}`,
		object: 'response',
		created_at: 1_767_225_600,
		status: 'completed',
		model: 'gpt-4o-mini',
		output: [{ id: `msg_${id}`, type: 'message', status: 'completed', role: 'assistant', content }],
		usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 },
		metadata: asked['metadata'] ?? {},
		user: asked['user'] ?? null,
		safety_identifier: asked['safety_identifier'] ?? null,
		prompt_cache_key: asked['prompt_cache_key'] ?? null,
		store: asked['store'] ?? true,
	};
}

const ask = () => ({ model: 'gpt-4o-mini', input: `question ${++prompts}` });
const ANN = { metadata: { order: 'Ann’s' }, user: 'ann', safety_identifier: 'ann-1', prompt_cache_key: 'ann-2' };
const BEN = { metadata: { order: 'Ben’s' }, safety_identifier: 'ben-1' };
const NOBODY = { metadata: {}, user: null, safety_identifier: null, prompt_cache_key: null };

const create = (request: object) => sdks.openai.responses.create(request as never) as Promise<unknown>;
const stream = (request: object) => sdks.openai.responses.stream(request as never).finalResponse() as Promise<unknown>;
const forms: [string, typeof create][] = [
	['whole', create],
	['streaming', stream],
];

describe('what a response repeats of its request', () => {
	it.each(forms)('is each caller’s own, %s, from one entry', async (_form, get) => {
		const request = ask();
		const made = await get({ ...request, ...ANN });
		expect(made).toMatchObject(ANN);
		const others = [
			[BEN, { ...NOBODY, ...BEN }],
			[{}, NOBODY],
			[{}, NOBODY],
			[ANN, ANN],
		] as const;
		for (const [said, repeated] of others) {
			const hit = await get({ ...request, ...said });
			expect(hit).toEqual({ ...(made as object), ...repeated });
		}
		expect(sdks.statuses).toEqual(['MISS', ...others.map(() => 'HIT')]);
		expect(provider.requests).toHaveLength(1);
	});

	it.each(forms)('stays with whoever is answered first, %s, where several ask at once', async (_form, get) => {
		let open = (): void => {};
		opened = new Promise((resolve) => (open = resolve));
		const request = ask();
		const first = get({ ...request, ...ANN });
		await provider.whenAsked(1);
		const others = [BEN, {}, ANN].map((said) => get({ ...request, ...said }));
		await wait(300);
		open();
		expect(await first).toMatchObject(ANN);
		expect(await Promise.all(others)).toMatchObject([{ ...NOBODY, ...BEN }, NOBODY, ANN]);
		expect(provider.requests).toHaveLength(1);
	});

	it('is left as it came to who asked the provider', async () => {
		const response = await fetch(`${directus.url}/ai-cache/openai/v1/responses`, {
			method: 'POST',
			headers: { authorization: `Bearer ${ADMIN.token}`, 'content-type': 'application/json' },
			body: JSON.stringify({ ...ask(), ...BEN }),
		});
		expect(await response.json()).toMatchObject({ ...NOBODY, ...BEN });
		expect(response.headers.get('x-ai-cache')).toBe('MISS');
	});
});

describe('a response that OpenAI does not keep', () => {
	it('is given to nobody who may go on from its id', async () => {
		const request = ask();
		await create({ ...request, store: false });
		expect(await create({ ...request, store: true })).toMatchObject({ store: true, id: 'resp_2' });
		expect(await create(request)).toMatchObject({ id: 'resp_2' });
		expect(await create({ ...request, store: false })).toMatchObject({ store: false, id: 'resp_1' });
		expect(sdks.statuses).toEqual(['MISS', 'MISS', 'HIT', 'HIT']);
	});
});
