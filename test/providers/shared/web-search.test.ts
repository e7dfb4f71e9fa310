import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/shared/api-types.ts';
import { usesWeb } from '../../../src/providers/shared/web-search.ts';
import { wholeFixtures } from '../support/fixtures.ts';

const said = (message: JsonObject = {}): JsonObject => ({ choices: [{ message: { content: 'Hi', ...message } }] });

describe('an answer', () => {
	it.each<[string, JsonObject, JsonObject]>([
		['a search of responses', {}, wholeFixtures('openai').find(({ name }) => name === 'responses-search')!.body],
		['a search of chat completions', { web_search_options: {} }, said()],
		['a model that always searches', { model: 'gpt-4o-search-preview-2025-03-11' }, said()],
		['a cited page', {}, said({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://x.example' } }] })],
		['a search of Claude', {}, { content: [{ type: 'server_tool_use', name: 'web_search', input: {} }] }],
		['a page that Claude fetched', {}, { content: [{ type: 'web_fetch_tool_result', content: {} }] }],
		['a search of Google', { tools: [{ google_search: {} }] }, said()],
		['a URL context of Google', { extra_body: { google: { tools: [{ url_context: {} }] } } }, said()],
		['a live search of xAI', { search_parameters: { mode: 'auto' } }, said()],
		['a search of Alibaba', { enable_search: true }, said()],
		['the web plug-in of OpenRouter', { plugins: [{ id: 'web' }] }, said()],
		['an online model of OpenRouter', { model: 'openai/gpt-4o:online' }, said()],
		['sources of Perplexity', {}, { ...said(), citations: ['https://x.example'] }],
	])('with %s was made from the web', (_what, request, answer) => {
		expect(usesWeb(request, answer)).toBe(true);
	});

	it.each<[string, JsonObject, JsonObject]>([
		['a tool that Claude did not use', { tools: [{ type: 'web_search_20250305' }] }, { content: [{ type: 'text' }] }],
		['a tool that responses did not use', { tools: [{ type: 'web_search' }] }, { output: [{ type: 'message' }] }],
		['a live search that is off', { search_parameters: { mode: 'off' } }, said()],
		['a citation of a file', {}, said({ annotations: [{ type: 'file_citation' }] })],
		['no sources', {}, { ...said(), citations: [] }],
	])('with %s was not', (_what, request, answer) => {
		expect(usesWeb(request, answer)).toBe(false);
	});
});
