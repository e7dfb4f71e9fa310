import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/api-types.ts';
import { listCriteriaKinds, describeCriteria, buildItemPath } from '../../src/module/lib/describe-criteria.ts';
import { stripMarkdown, buildPreview } from '../../src/module/lib/preview.ts';
import { parsePromptTurns } from '../../src/module/lib/prompt.ts';
import { parseReason } from '../../src/module/lib/confidence-reason.ts';

describe('one-line preview of an answer', () => {
	it('removes Markdown marks and keeps all words', () => {
		const answer = '# Opening\n\nThe harbour opens in **May**:\n- run `npm start`\n- 2 * 3 stays, as snake_case does';
		expect(stripMarkdown(answer)).toBe(
			'Opening The harbour opens in May: run npm start 2 * 3 stays, as snake_case does',
		);
	});
});

describe('confidence reason', () => {
	it('is parsed by its name, by the provider’s finish reason, or as plain words', () => {
		expect(parseReason('low_temperature')).toEqual({ kind: 'known', name: 'low_temperature' });
		expect(parseReason('finish_reason_content_filter')).toEqual({ kind: 'ending', word: 'content_filter' });
		expect(parseReason('stop_reason_end_turn')).toEqual({ kind: 'ending', word: 'end_turn' });
		expect(parseReason('status_missing')).toEqual({ kind: 'other', text: 'status missing' });
		expect(parseReason('something_new')).toEqual({ kind: 'other', text: 'something new' });
	});
});

describe('prompt in reading order', () => {
	it('reads OpenAI chat messages, and shows non-text parts by their type', () => {
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
		expect(parsePromptTurns(request)).toEqual([
			{ role: 'system', text: 'Be brief.' },
			{ role: 'user', text: 'What is this?\n[image_url]' },
		]);
	});

	it('reads Anthropic’s system blocks, the Responses API and embeddings', () => {
		expect(parsePromptTurns({ system: [{ type: 'text', text: 'Be kind.' }], messages: [] })).toEqual([
			{ role: 'system', text: 'Be kind.' },
		]);
		expect(parsePromptTurns({ instructions: 'Short.', input: 'Hello' })).toEqual([
			{ role: 'system', text: 'Short.' },
			{ role: 'user', text: 'Hello' },
		]);
		expect(parsePromptTurns({ input: ['one', 'two'] }).map((turn) => turn.text)).toEqual(['one', 'two']);
	});

	it('is empty for an unknown request body', () => {
		expect(parsePromptTurns({})).toEqual([]);
		expect(parsePromptTurns({ messages: [null, { role: 'user' }] })).toEqual([]);
	});
});

describe('preview of an entry without text', () => {
	it('gives the reason', () => {
		expect(buildPreview({ preview: '**Hi**', operation: 'chat' })).toEqual({ text: 'Hi', without: null });
		expect(buildPreview({ operation: 'chat' }).without).toBe('content_hidden');
		expect(buildPreview({ preview: '', operation: 'embeddings' }).without).toBe('vector');
		expect(buildPreview({ preview: '', operation: 'messages' }).without).toBe('no_text');
	});
});

describe('links and names', () => {
	it('link items to the content module, and users and files to their own modules', () => {
		expect(buildItemPath('articles', 5)).toBe('/content/articles/5');
		expect(buildItemPath('articles', 'a/b')).toBe('/content/articles/a%2Fb');
		expect(buildItemPath('directus_users', 'u1')).toBe('/users/u1');
		expect(buildItemPath('articles')).toBe('/content/articles');
	});

	it('distinguish a tag from a model of the same name', () => {
		expect(listCriteriaKinds({ tags: ['gpt-4o'] })).toEqual(['common.tag']);
		expect(listCriteriaKinds({ provider: 'openai', model: 'gpt-4o', collection: 'articles' })).toEqual([
			'common.model',
			'common.collection',
		]);
		expect(listCriteriaKinds({ all: true })).toEqual([]);
	});

	it('describe criteria, and leave "everything" to the translation', () => {
		expect(describeCriteria({ provider: 'openai', model: 'gpt-4o' })).toBe('gpt-4o');
		expect(describeCriteria({ provider: 'deepseek' })).toBe('DeepSeek');
		expect(describeCriteria({ collection: 'articles', items: [1, 2] })).toBe('articles #1, #2');
		expect(describeCriteria({ key: 'openai:gpt-4o-mini:k3JxQabcdefgh' })).toBe('gpt-4o-mini · k3JxQabc');
		expect(describeCriteria({ all: true })).toBe('');
	});
});
