import { describe, expect, it } from 'vitest';
import type { JsonObject, Operation, Provider } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { isRepeated } from '../../src/providers/shared/confidence-signals.ts';

interface Asked {
	provider: Provider;
	operation: Operation;
	answer: (text: string, ending: string) => JsonObject;
	good: string;
	cut: string;
	low: number;
	high: number;
}

const chat = (content: string, finish: string): JsonObject => ({
	choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }],
});
const providers: Asked[] = [
	{ provider: 'openai', operation: 'chat', answer: chat, good: 'stop', cut: 'length', low: 0.3, high: 1.2 },
	{ provider: 'mistral', operation: 'chat', answer: chat, good: 'stop', cut: 'model_length', low: 0.2, high: 1 },
	{ provider: 'deepseek', operation: 'chat', answer: chat, good: 'stop', cut: 'length', low: 0.3, high: 1.5 },
	{
		provider: 'anthropic',
		operation: 'messages',
		answer: (text, stop) => ({ type: 'message', content: [{ type: 'text', text }], stop_reason: stop }),
		good: 'end_turn',
		cut: 'max_tokens',
		low: 0.2,
		high: 0.9,
	},
	{
		provider: 'openai',
		operation: 'responses',
		answer: (text, status) => ({ status, output: [{ type: 'message', content: [{ type: 'output_text', text }] }] }),
		good: 'completed',
		cut: 'incomplete',
		low: 0.3,
		high: 1.2,
	},
];

const names = ({ reasons }: { reasons: { name: string }[] }) => reasons.map(({ name }) => name);

describe.each(providers)(
	'confidence in $provider $operation',
	({ provider, operation, answer, good, cut, low, high }) => {
		const score = (request: JsonObject, body: JsonObject) => dialects[provider].confidence(operation, request, body);
		const plain = score({}, answer('A plain answer.', good));

		it('is a little above 1 for an answer that ended as it should, and says why', () => {
			expect(plain.score).toBe(1.1);
			expect(plain.reasons).toEqual([{ name: expect.stringContaining(good) as string, effect: 0.1 }]);
		});

		it('is the sum of its reasons', () => {
			for (const body of [answer('', good), answer('x', cut), answer('x', 'never_heard_of')]) {
				const { score: total, reasons } = score({ temperature: high, seed: 1 }, body);
				expect(total).toBeCloseTo(1 + reasons.reduce((sum, { effect }) => sum + effect, 0));
			}
		});

		it('is lower for a cut answer, an empty one, one that turns in circles, and an ending that nobody knows', () => {
			expect(score({}, answer('Once upon', cut)).score).toBeLessThan(1);
			expect(names(score({}, answer(' ', good)))).toContain('empty_text');
			expect(names(score({}, answer('I will say it again. '.repeat(40), good)))).toContain('repeated_text');
			expect(score({}, answer('x', 'never_heard_of')).score).toBeLessThan(1);
		});

		it('rises with a low temperature and falls with a high one, on the provider’s own scale', () => {
			expect(score({ temperature: low }, answer('x', good)).score).toBe(1.2);
			expect(score({ temperature: high }, answer('x', good)).score).toBe(0.9);
			expect(score({ temperature: (low + high) / 2 }, answer('x', good)).score).toBe(1.1);
		});
	},
);

describe('confidence from a provider’s own signals', () => {
	const withLogprobs = (probability: number): JsonObject => ({
		choices: [
			{
				index: 0,
				message: { role: 'assistant', content: 'x' },
				finish_reason: 'stop',
				logprobs: { content: [{ token: 'x', logprob: Math.log(probability) }] },
			},
		],
	});

	it('follows the mean log probability where OpenAI gives it', () => {
		const score = (probability: number) => dialects.openai.confidence('chat', {}, withLogprobs(probability)).score;
		expect(score(1)).toBe(1.3);
		expect(score(0.8)).toBe(1.1);
		expect(score(0.6)).toBe(0.9);
		expect(score(0.1)).toBe(0.8);
		expect(names(dialects.openai.confidence('chat', {}, withLogprobs(0.6)))).toContain('mean_logprob');
	});

	it('rises where the model reasoned first, or named its sources', () => {
		const reasoned = { choices: [{ message: { content: 'x', reasoning_content: 'Hm.' }, finish_reason: 'stop' }] };
		expect(names(dialects.deepseek.confidence('chat', { temperature: 2 }, reasoned))).toEqual([
			'finish_reason_stop',
			'reasoned',
		]);
		const parts = [
			{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
			{ type: 'text', text: 'x' },
			{ type: 'reference', reference_ids: [1] },
		];
		const mistral = { choices: [{ message: { content: parts }, finish_reason: 'stop' }] };
		expect(names(dialects.mistral.confidence('chat', {}, mistral))).toEqual([
			'finish_reason_stop',
			'reasoned',
			'cited',
		]);
		const blocks = [{ type: 'thinking' }, { type: 'text', text: 'x', citations: [{ type: 'char_location' }] }];
		const anthropic = { type: 'message', content: blocks, stop_reason: 'end_turn' };
		expect(names(dialects.anthropic.confidence('messages', {}, anthropic))).toEqual([
			'stop_reason_end_turn',
			'reasoned',
			'cited',
		]);
	});

	it('falls with a refusal', () => {
		const refusal = { choices: [{ message: { content: null, refusal: 'No.' }, finish_reason: 'stop' }] };
		expect(dialects.openai.confidence('chat', {}, refusal).score).toBeLessThan(0.5);
	});

	it('does not count a tool call’s missing text', () => {
		const call = { choices: [{ message: { content: null, tool_calls: [{ id: 'c' }] }, finish_reason: 'tool_calls' }] };
		expect(dialects.openai.confidence('chat', {}, call).score).toBe(1.1);
	});

	it('is neutral for vectors', () => {
		expect(dialects.openai.confidence('embeddings', {}, {})).toEqual({ score: 1, reasons: [] });
	});
});

describe('a text that turns in circles', () => {
	it('is told from one that merely uses the same words', () => {
		const prose = Array.from({ length: 80 }, (_, index) => `word${index % 30} follows${index % 7}`).join(' ');
		expect(isRepeated(prose)).toBe(false);
		expect(isRepeated('and so on '.repeat(50))).toBe(true);
		expect(isRepeated('no no no')).toBe(false);
	});
});
