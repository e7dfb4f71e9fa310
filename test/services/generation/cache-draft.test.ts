import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/shared/api-types.ts';
import { createPricing } from '../../../src/providers/pricing/pricing.ts';
import { dialects } from '../../../src/providers/registry.ts';
import { draftOf } from '../../../src/services/generation/cache-draft.ts';
import type { Exchange } from '../../../src/services/generation/provider-request.ts';
import { readSettings } from '../../../src/services/config/settings.ts';

const NOW = 1_700_000_000_000;

/** What becomes of a chat completion that answers `body`. */
function draft(body: JsonObject, message: JsonObject, settings: Record<string, string> = {}, ttl?: number) {
	const exchange = {
		dialect: dialects.openai,
		provider: 'openai',
		operation: 'chat',
		model: 'm',
		body,
		query: '',
		headers: {},
		directives: ttl === undefined ? {} : { ttl },
		confidence: null,
		contentType: 'standard',
		ttlFactor: 1,
		scope: 'shared',
		uncacheable: null,
		native: null,
		caller: { user: null, role: null },
	} as unknown as Exchange;
	const parsed: JsonObject = { choices: [{ index: 0, message, finish_reason: 'stop' }] };
	const answer = { bytes: Buffer.from(JSON.stringify(parsed)), parsed, durationMs: 1, requestId: null };
	const { refused, draft } = draftOf(exchange, answer, readSettings(settings).values, createPricing({}), NOW);
	return { refused, ttl: draft.ttl };
}

describe('an answer from the web', () => {
	const request: JsonObject = { web_search_options: {} };
	const said = { role: 'assistant', content: 'Sunny' };

	it('is not stored by default', () => {
		expect(draft(request, said)).toMatchObject({ refused: 'web_search' });
		expect(draft({}, said)).toMatchObject({ refused: null });
	});

	it('is stored for as long as its own setting says', () => {
		const settings = { AI_CACHE_WEB_SEARCH_TTL: '15m' };
		expect(draft(request, said, settings)).toEqual({ refused: null, ttl: 900 });
		expect(draft(request, said, settings, 60)).toEqual({ refused: null, ttl: 60 });
		expect(draft(request, said, settings, 86_400)).toEqual({ refused: null, ttl: 900 });
	});
});

it('an answer with audio is stored no longer than until its audio expires', () => {
	const audio = (seconds: number) => ({
		content: null,
		audio: { id: 'a', data: 'aGk=', transcript: 'Hi', expires_at: NOW / 1000 + seconds },
	});
	expect(draft({}, audio(90))).toEqual({ refused: null, ttl: 90 });
	expect(draft({}, audio(90), {}, 3_600)).toEqual({ refused: null, ttl: 90 });
	expect(draft({}, audio(-2))).toMatchObject({ ttl: 0 });
});
