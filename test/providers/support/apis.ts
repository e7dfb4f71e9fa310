import { canonicalJson } from '../../../src/cache/cache-key.ts';
import type { JsonObject, Operation, Provider } from '../../../src/shared/api-types.ts';
import { dialects } from '../../../src/providers/registry.ts';

/** One of the providers' APIs, with parameters of each kind. */
export interface Api {
	provider: Provider;
	operation: Operation;
	body: JsonObject;
	/** Parameters that cannot change the answer. */
	omitted: JsonObject;
	/** Parameters of every kind that can, some of which nobody knows. */
	significant: JsonObject;
}

/** What a tool takes. */
export const schema = { type: 'object', properties: { city: { type: 'string' } } };
const delivery: JsonObject = {
	stream: true,
	stream_options: { include_usage: true },
	user: 'u-1',
	metadata: { campaign: 'x' },
	safety_identifier: 's-1',
	prompt_cache_key: 'k-1',
	prompt_cache_retention: '24h',
	prompt_cache_options: { ttl: 60 },
	service_tier: 'flex',
	store: true,
};
const sampling: JsonObject = {
	temperature: 0.1,
	top_p: 0.5,
	max_tokens: 5,
	stop: ['x'],
	n: 2,
	seed: 7,
	presence_penalty: 1,
	frequency_penalty: 1,
	response_format: { type: 'json_object' },
	tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
	tool_choice: 'none',
	parallel_tool_calls: false,
	something_new: { of: 'tomorrow' },
};
/** A chat completion that asks little. */
export const chat: JsonObject = {
	model: 'm',
	messages: [
		{ role: 'system', content: 'Be brief.' },
		{ role: 'user', content: 'Hello' },
	],
};

export const apis: readonly Api[] = [
	{
		provider: 'openai',
		operation: 'chat',
		body: chat,
		omitted: delivery,
		significant: {
			...sampling,
			logprobs: true,
			logit_bias: { 50256: -100 },
			modalities: ['text', 'audio'],
			reasoning_effort: 'high',
			verbosity: 'low',
			max_completion_tokens: 9,
			prediction: { type: 'content', content: 'x' },
			web_search_options: {},
		},
	},
	{
		provider: 'mistral',
		operation: 'chat',
		body: chat,
		omitted: delivery,
		significant: { ...sampling, random_seed: 1, safe_prompt: true, prompt_mode: 'reasoning' },
	},
	{
		provider: 'deepseek',
		operation: 'chat',
		body: chat,
		omitted: delivery,
		significant: { ...sampling, thinking: { type: 'enabled' } },
	},
	{
		provider: 'openai',
		operation: 'responses',
		body: { model: 'm', instructions: 'Be brief.', input: [{ role: 'user', content: 'Hello' }] },
		omitted: delivery,
		significant: {
			temperature: 0.1,
			max_output_tokens: 5,
			reasoning: { effort: 'low' },
			text: { format: { type: 'json_schema', name: 's', schema } },
			tools: [{ type: 'function', name: 'f', parameters: schema }],
			include: ['reasoning.encrypted_content'],
			truncation: 'auto',
			something_new: 1,
		},
	},
	{
		provider: 'openai',
		operation: 'embeddings',
		body: { model: 'm', input: ['a'] },
		omitted: { user: 'u-1' },
		significant: { dimensions: 256, something_new: 1 },
	},
	{
		provider: 'anthropic',
		operation: 'messages',
		body: { model: 'm', max_tokens: 9, system: 'Be brief.', messages: [{ role: 'user', content: 'Hello' }] },
		omitted: { stream: true, metadata: { user_id: 'u' }, service_tier: 'auto', cache_control: { type: 'ephemeral' } },
		significant: {
			temperature: 0.1,
			top_k: 5,
			top_p: 0.2,
			stop_sequences: ['x'],
			thinking: { type: 'enabled', budget_tokens: 1024 },
			tools: [{ name: 'f', input_schema: schema }],
			tool_choice: { type: 'any' },
			output_config: { effort: 'low' },
			context_management: { edits: [] },
			something_new: 1,
		},
	},
];

/** The part of a request that tells it from others, written out. */
export const keyOf = ({ provider, operation }: Api, body: JsonObject): string =>
	canonicalJson(dialects[provider].fingerprintBody(operation, body));
