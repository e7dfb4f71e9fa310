import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type RawProvider, startRawProvider } from '../support/raw-provider.ts';
import { isStoredIn, postTo } from './support/compatible-post.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { ADMIN } from './support/process.ts';
import { rawProviderEnvironment } from './support/raw-environment.ts';
import { type Sdks, sdksOf } from './support/sdks.ts';

const PATH = '/openai/v1/chat/completions';
const JSON_HEADERS = { 'content-type': 'application/json' };

let provider: RawProvider;
let directus: Directus;
let sdks: Sdks;
let prompts = 0;

beforeAll(async () => {
	provider = await startRawProvider();
	directus = await startDirectus({ database: 'empty', env: rawProviderEnvironment(provider.url) });
	sdks = sdksOf(directus.url, ADMIN.token);
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});
beforeEach(() => provider.reset());

const ask = () => ({ model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: `question ${++prompts}` }] });
const answerWith = (body: object): void => provider.answer({ headers: JSON_HEADERS, body: JSON.stringify(body) });

describe('a provider that answers with 200 and', () => {
	it('an error lets the SDK raise it with the provider’s message', async () => {
		for (const body of [
			{ error: { message: 'No such deployment' } },
			{ type: 'error', message: 'No such deployment' },
		]) {
			answerWith(body);
			const asked = sdks.openai.chat.completions.create(ask());
			await expect(asked).rejects.toMatchObject({ status: 502, error: { type: 'server_error' } });
			await expect(asked).rejects.toThrow('No such deployment');
		}
	});

	it.each<[string, object, Record<string, string>]>([
		['no choices, but why', { object: 'chat.completion', choices: [], prompt_filter_results: [{ severity: 1 }] }, {}],
		['JSON that nobody knows', { object: 'chat.completion.of.tomorrow', items: [1, { two: null }] }, {}],
		['the same past the cache', { object: 'chat.completion.of.tomorrow' }, { 'cache-control': 'no-store' }],
	])('%s has it passed on as it came, and not stored', async (_what, body, headers) => {
		for (const stream of [false, true]) {
			const request = ask();
			answerWith(body);
			const response = await postTo(directus, PATH, { ...request, stream }, { headers });
			expect([response.status, await response.json()]).toEqual([200, body]);
			expect(response.headers.get('cache-status')).not.toContain('stored');
			expect(await isStoredIn(directus, PATH, request)).toBe(false);
		}
	});

	it('JSON that nobody knows is an error on the native route', async () => {
		answerWith({ object: 'chat.completion.of.tomorrow' });
		const response = await postTo(directus, '/generate', { provider: 'openai', model: 'gpt-4o-mini', prompt: 'Hi' });
		expect(response.status).toBe(502);
	});

	it('a response that failed lets the SDK read why', async () => {
		const failed = { object: 'response', status: 'failed', error: { code: 'server_error', message: 'No' }, output: [] };
		answerWith(failed);
		const asked = await sdks.openai.responses.create({ model: 'gpt-4o-mini', input: 'Hi' });
		expect(asked).toMatchObject({ status: 'failed', error: failed.error });
	});
});

it('a redirection is an error that says so, and is not passed on', async () => {
	provider.answer({ status: 307, headers: { location: 'http://127.0.0.1:1/' }, body: '' });
	for (const stream of [false, true]) {
		const response = await postTo(directus, PATH, { ...ask(), stream });
		expect([response.status, response.headers.get('location')]).toEqual([502, null]);
		expect(await response.text()).toContain('status 307');
	}
});

it('what Anthropic’s beta client adds to the address reaches the provider', async () => {
	answerWith({});
	await postTo(directus, '/anthropic/v1/messages?beta=true', { model: 'm', max_tokens: 1, messages: [] });
	expect(provider.requests.at(-1)?.path).toBe('/anthropic/v1/messages?beta=true');
});
