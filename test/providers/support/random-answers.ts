import type { JsonObject, JsonValue } from '../../../src/shared/api-types.ts';

/** The same numbers in 0 … 1 for the same seed. */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

const TEXTS = [
	'',
	'Hi',
	'   ',
	'\n\nA line',
	'A longer text with 🚀 and „quotes“ that goes on for more than sixty-four characters, and then some.',
	'no-spaces-'.repeat(20),
];

/** Answers of every shape that a provider documents, put together at random. */
export class RandomAnswers {
	readonly #random: () => number;

	constructor(seed: number) {
		this.#random = randomFrom(seed);
	}

	/** A `chat.completion`, as OpenAI, Mistral and DeepSeek give it. */
	chat(provider: 'openai' | 'mistral' | 'deepseek'): JsonObject {
		return {
			id: 'chatcmpl-1',
			object: 'chat.completion',
			created: 1_767_225_600,
			model: 'some-model',
			choices: this.#times(1, 3, (index) => this.#choice(provider, index)),
			usage: { prompt_tokens: 1, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 0 } },
			...this.#maybe({ system_fingerprint: this.#pick('fp_1', null) }),
			...this.#maybe({ service_tier: 'default' }),
			...this.#maybe({ x_unknown: { deep: [1, null] } }),
		};
	}

	/** Anthropic's `message`. */
	message(): JsonObject {
		return {
			id: 'msg_1',
			type: 'message',
			role: 'assistant',
			model: 'some-model',
			content: this.#times(0, 4, (index) => this.#block(index)),
			stop_reason: this.#pick('end_turn', 'tool_use', 'stop_sequence'),
			stop_sequence: this.#pick(null, 'END'),
			...this.#maybe({ container: this.#pick(null, { id: 'c' }) }),
			...this.#maybe({ context_management: this.#pick(null, { applied_edits: [] }) }),
			...this.#maybe({ x_unknown: { deep: [1, null] } }),
			usage: {
				input_tokens: 5,
				cache_creation_input_tokens: 3,
				cache_read_input_tokens: 0,
				output_tokens: 9,
				...this.#maybe({ service_tier: 'standard', cache_creation: { ephemeral_5m_input_tokens: 3 } }),
				...this.#maybe({ server_tool_use: this.#pick(null, { web_search_requests: 1 }) }),
			},
		};
	}

	#choice(provider: string, index: number): JsonObject {
		const content = provider === 'mistral' ? this.#pick(this.#parts(), this.#text()) : this.#pick(null, this.#text());
		const message: JsonObject = { role: 'assistant', content, ...this.#own(provider) };
		if (this.#random() < 0.4) message['tool_calls'] = this.#times(1, 3, (position) => this.#call(provider, position));
		return {
			index,
			message,
			...(provider === 'mistral' ? {} : this.#logprobs(message)),
			finish_reason: this.#pick('stop', 'tool_calls', 'length'),
			...this.#maybe({ content_filter_results: { hate: { filtered: false } } }),
		};
	}

	#own(provider: string): JsonObject {
		if (provider === 'deepseek') return this.#maybe({ reasoning_content: this.#pick(null, this.#text()) });
		if (provider === 'mistral') return this.#maybe({ prefix: false });
		return {
			...this.#maybe({ refusal: this.#pick(null, 'I cannot help with that.') }),
			...this.#maybe({ annotations: this.#pick([], [{ type: 'url_citation', url_citation: { url: 'u' } }]) }),
		};
	}

	#call(provider: string, index: number): JsonObject {
		const json = this.#pick('{}', '', `{"text": "${'word '.repeat(40)}"}`);
		const call = { id: `call_${index}`, type: 'function', function: { name: `tool_${index}`, arguments: json } };
		return provider === 'openai' ? call : { index, ...call };
	}

	#parts(): JsonValue {
		return [
			{ type: 'thinking', thinking: [{ type: 'text', text: `Hm. ${this.#text()}` }], ...this.#maybe({ closed: true }) },
			{ type: 'text', text: `Well. ${this.#text()}` },
			...this.#pick([], [{ type: 'reference', reference_ids: [1, 2] }]),
		];
	}

	#logprobs({ content, refusal, reasoning_content: reasoning }: JsonObject): JsonObject {
		if (this.#random() < 0.3) return this.#pick({}, { logprobs: null });
		const none = this.#pick<JsonValue>(null, []);
		return {
			logprobs: {
				content: typeof content === 'string' ? this.#tokens(content) : none,
				...this.#maybe({ refusal: typeof refusal === 'string' ? this.#tokens(refusal) : null }),
				...(typeof reasoning === 'string' && this.#maybe({ reasoning_content: this.#tokens(reasoning) })),
			},
		};
	}

	#tokens(text: string): JsonObject[] {
		const characters = Array.from(text);
		const tokens: JsonObject[] = [];
		while (characters.length > 0) {
			const token = characters.splice(0, 1 + Math.floor(this.#random() * 5)).join('');
			tokens.push({ token, logprob: -0.1, bytes: [...Buffer.from(token)], top_logprobs: [] });
		}
		return tokens;
	}

	#block(index: number): JsonObject {
		const citation = { type: 'char_location', cited_text: 'c', document_index: 0, document_title: null };
		return this.#pick<() => JsonObject>(
			() => ({ type: 'text', text: this.#text(), ...this.#maybe({ citations: this.#pick(null, [], [citation]) }) }),
			() => ({
				type: 'thinking',
				thinking: this.#text(),
				...this.#maybe({ signature: this.#pick('', 'EqQBCgIYAh==') }),
			}),
			() => ({ type: 'redacted_thinking', data: 'EmwKAhgB' }),
			() => ({ type: 'tool_use', id: `t_${index}`, name: 'tool', input: this.#input() }),
			() => ({ type: 'server_tool_use', id: `s_${index}`, name: 'web_search', input: { query: 'q' } }),
			() => ({
				type: 'web_search_tool_result',
				tool_use_id: 's_0',
				content: [{ type: 'web_search_result', url: 'u' }],
			}),
			() => ({ type: 'mcp_tool_use', id: `m_${index}`, name: 'tool', server_name: 's', input: this.#input() }),
			() => ({ type: 'compaction', content: 'What was said so far' }),
			() => ({ type: 'of_tomorrow', anything: [1] }),
		)();
	}

	#input(): JsonObject {
		return this.#pick<JsonObject>({}, { a: 1, b: [null, { c: 'ö' }] }, { long: 'word '.repeat(50) });
	}

	#text(): string {
		return this.#pick(...TEXTS);
	}

	#pick<Value>(...values: Value[]): Value {
		return values[Math.floor(this.#random() * values.length)]!;
	}

	#maybe(members: JsonObject): JsonObject {
		return this.#random() < 0.5 ? members : {};
	}

	#times<Value>(least: number, most: number, make: (index: number) => Value): Value[] {
		return Array.from({ length: least + Math.floor(this.#random() * (most - least + 1)) }, (_, index) => make(index));
	}
}
