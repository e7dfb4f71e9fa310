import { describe, expect, it } from 'vitest';
import type { JsonObject, Operation, Provider } from '../../src/shared/api-types.ts';
import { dialects } from '../../src/providers/registry.ts';
import { chat } from './support/apis.ts';

describe('requests that lean on what the provider keeps', () => {
	it.each<[Provider, Operation, JsonObject, string | null]>([
		['openai', 'responses', { previous_response_id: 'resp_1' }, 'previous_response_id'],
		['openai', 'responses', { conversation: { id: 'conv_1' } }, 'conversation'],
		['openai', 'responses', { background: true }, 'background'],
		['openai', 'responses', { prompt: { id: 'pmpt_1' } }, 'prompt_template'],
		['openai', 'responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'item_reference'],
		['openai', 'responses', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }, 'container'],
		['openai', 'responses', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, null],
		[
			'openai',
			'responses',
			{ tools: [{ type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } }] },
			'container',
		],
		['openai', 'responses', { tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }, null],
		[
			'openai',
			'responses',
			{ tools: [{ type: 'mcp', server_label: 'shop', server_url: 'https://shop.example' }] },
			'mcp',
		],
		['openai', 'responses', { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }, 'vector_store'],
		['openai', 'responses', { tools: [{ type: 'web_search' }, { type: 'function', name: 'mcp' }] }, null],
		['openai', 'responses', { prompt: { id: 'pmpt_1', version: '2' } }, null],
		['openai', 'responses', { previous_response_id: null, conversation: null, background: false }, null],
		['openai', 'chat', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, 'audio_reference'],
		['openai', 'chat', chat, null],
		['openai', 'embeddings', { input: 'a' }, null],
		['anthropic', 'messages', { container: 'container_1' }, 'container'],
		['anthropic', 'messages', { container: { id: 'container_1' } }, 'container'],
		['anthropic', 'messages', { container: { skills: [] } }, null],
		['anthropic', 'messages', { thread: { type: 'create' } }, 'thread'],
		['anthropic', 'messages', { mcp_servers: [{ type: 'url', url: 'https://shop.example', name: 'shop' }] }, 'mcp'],
		['anthropic', 'messages', { mcp_servers: [] }, null],
		['mistral', 'chat', chat, null],
		['deepseek', 'chat', chat, null],
	])('to %s %s: %j', (provider, operation, body, reason) => {
		expect(dialects[provider].uncacheable(operation, body)).toBe(reason);
	});
});
