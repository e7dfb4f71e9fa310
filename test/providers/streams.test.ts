import { describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { assemble, brokenFixtures, replayText, streamText, wholeFixtures } from './support/fixtures.ts';

describe.each(PROVIDERS)('a stream of %s', (provider) => {
	const dialect = dialects[provider];

	it.each(wholeFixtures(provider))('becomes the body of the same request without streaming: $name', (fixture) => {
		expect(assemble(dialect, fixture, streamText(fixture))).toEqual({ complete: true, body: fixture.body });
	});

	it.each(wholeFixtures(provider))('is replayed from that body, and becomes it again: $name', (fixture) => {
		expect(assemble(dialect, fixture, replayText(dialect, fixture))).toEqual({ complete: true, body: fixture.body });
	});

	it.each(wholeFixtures(provider))('leaves request and body as they were: $name', (fixture) => {
		const before = JSON.stringify(fixture);
		replayText(dialect, fixture);
		dialect.fingerprintBody(fixture.operation, fixture.request);
		expect(JSON.stringify(fixture)).toBe(before);
	});

	it.each(brokenFixtures(provider))('that did not end as it should is no answer: $name', (fixture) => {
		expect(assemble(dialect, fixture, streamText(fixture))).toEqual({ complete: false, reason: fixture.incomplete });
	});

	it.each(wholeFixtures(provider))('cut after any of its events but the last is no answer: $name', (fixture) => {
		for (let kept = 0; kept < fixture.events.length - 1; kept++) {
			const cut = { ...fixture, events: fixture.events.slice(0, kept) };
			expect(assemble(dialect, cut, streamText(cut)).complete).toBe(false);
		}
	});
});

describe('usage in a replayed chat completion', () => {
	const usageOf = (provider: 'openai' | 'mistral' | 'deepseek', include: boolean) => {
		const fixture = wholeFixtures(provider).find(({ name }) => name === 'text')!;
		const request = { ...fixture.request, stream_options: { include_usage: include } };
		return dialects[provider]
			.replay('chat', request, fixture.body)
			.slice(0, -1)
			.map((event) => JSON.parse(event.slice('data: '.length)) as { choices: unknown[]; usage?: unknown });
	};

	it('comes in a last chunk without choices where it was asked for, null in all others', () => {
		for (const provider of ['openai', 'deepseek'] as const) {
			const chunks = usageOf(provider, true);
			expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) as number } });
			expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
		}
	});

	it('is left out by OpenAI where it was not asked for', () => {
		const chunks = usageOf('openai', false);
		expect(chunks.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1)).toBe(true);
	});

	it('comes with the last choice’s end from Mistral always, from DeepSeek where it was not asked apart', () => {
		for (const chunks of [usageOf('mistral', true), usageOf('mistral', false), usageOf('deepseek', false)]) {
			expect(chunks.at(-1)).toMatchObject({ choices: [{}], usage: { prompt_tokens: expect.any(Number) as number } });
			expect(chunks.slice(0, -1).every((chunk) => !('usage' in chunk))).toBe(true);
		}
	});
});
