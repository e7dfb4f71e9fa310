import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contract.ts';
import { criteriaKinds, criteriaName, itemPath } from '../../src/module/lib/describe-criteria.ts';
import { plainLine, previewText } from '../../src/module/lib/preview.ts';
import { promptTurns } from '../../src/module/lib/prompt.ts';
import { readReason } from '../../src/module/lib/confidence-reasons.ts';

describe('an answer in one line', () => {
	it('has none of Markdown’s marks, and all of its words', () => {
		const answer = '# Opening\n\nThe harbour opens in **May**:\n- run `npm start`\n- 2 * 3 stays, as snake_case does';
		expect(plainLine(answer)).toBe('Opening The harbour opens in May: run npm start 2 * 3 stays, as snake_case does');
	});
});

describe('a reason of a confidence', () => {
	it('is known by its name, or by the provider’s word for an ending, or reads as words', () => {
		expect(readReason('low_temperature')).toEqual({ kind: 'known', name: 'low_temperature' });
		expect(readReason('finish_reason_content_filter')).toEqual({ kind: 'ending', word: 'content_filter' });
		expect(readReason('stop_reason_end_turn')).toEqual({ kind: 'ending', word: 'end_turn' });
		expect(readReason('status_missing')).toEqual({ kind: 'other', text: 'status missing' });
		expect(readReason('something_new')).toEqual({ kind: 'other', text: 'something new' });
	});
});

describe('the prompt in reading order', () => {
	it('reads OpenAI’s chat, parts that are no text by their type', () => {
		const content = [
			{ type: 'text', text: 'What is this?' },
			{ type: 'image_url', image_url: { url: 'data:' } },
		];
		const request: JsonObject = {
			messages: [
				{ role: 'system', content: 'Be brief.' },
				{ role: 'user', content },
			],
		};
		expect(promptTurns(request)).toEqual([
			{ role: 'system', text: 'Be brief.' },
			{ role: 'user', text: 'What is this?\n[image_url]' },
		]);
	});

	it('reads Anthropic’s system blocks, the Responses API and embeddings', () => {
		expect(promptTurns({ system: [{ type: 'text', text: 'Be kind.' }], messages: [] })).toEqual([
			{ role: 'system', text: 'Be kind.' },
		]);
		expect(promptTurns({ instructions: 'Short.', input: 'Hello' })).toEqual([
			{ role: 'system', text: 'Short.' },
			{ role: 'user', text: 'Hello' },
		]);
		expect(promptTurns({ input: ['one', 'two'] }).map((turn) => turn.text)).toEqual(['one', 'two']);
	});

	it('shows nothing rather than failing on a body it does not know', () => {
		expect(promptTurns({})).toEqual([]);
		expect(promptTurns({ messages: [null, { role: 'user' }] })).toEqual([]);
	});
});

describe('an entry without a line of text', () => {
	it('says why it has none', () => {
		expect(previewText({ preview: '**Hi**', operation: 'chat' })).toEqual({ text: 'Hi', without: null });
		expect(previewText({ operation: 'chat' }).without).toBe('content_hidden');
		expect(previewText({ preview: '', operation: 'embeddings' }).without).toBe('vector');
		expect(previewText({ preview: '', operation: 'messages' }).without).toBe('no_text');
	});
});

describe('links and names', () => {
	it('links items to the content module, and users and files to theirs', () => {
		expect(itemPath('articles', 5)).toBe('/content/articles/5');
		expect(itemPath('articles', 'a/b')).toBe('/content/articles/a%2Fb');
		expect(itemPath('directus_users', 'u1')).toBe('/users/u1');
		expect(itemPath('articles')).toBe('/content/articles');
	});

	it('tells a tag from a model of the same name', () => {
		expect(criteriaKinds({ tags: ['gpt-4o'] })).toEqual(['common.tag']);
		expect(criteriaKinds({ provider: 'openai', model: 'gpt-4o', collection: 'articles' })).toEqual([
			'common.model',
			'common.collection',
		]);
		expect(criteriaKinds({ all: true })).toEqual([]);
	});

	it('names what criteria cover, and leaves everything to the language', () => {
		expect(criteriaName({ provider: 'openai', model: 'gpt-4o' })).toBe('gpt-4o');
		expect(criteriaName({ provider: 'deepseek' })).toBe('DeepSeek');
		expect(criteriaName({ collection: 'articles', items: [1, 2] })).toBe('articles #1, #2');
		expect(criteriaName({ key: 'openai:gpt-4o-mini:k3JxQabcdefgh' })).toBe('gpt-4o-mini · k3JxQabc');
		expect(criteriaName({ all: true })).toBe('');
	});
});
