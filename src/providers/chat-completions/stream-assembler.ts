import type { JsonObject } from '../../shared/api-types.ts';
import { isErrorBody } from '../shared/error-body.ts';
import { objectsOf, parseObject } from '../json/json.ts';
import { replaceMember } from '../shared/merge-members.ts';
import type { StreamAssembler } from '../adapter.ts';
import { isDone, saysNothing, type ServerSentEvent } from '../http/sse.ts';
import { ChoiceBuilder } from './choice-builder.ts';
import { indexOf, type DeltaRules } from './merge-delta.ts';

/** `obfuscation` pads a chunk, so that its length reveals nothing to eavesdroppers. */
const OF_CHUNKS_ALONE = ['choices', 'object', 'obfuscation'];

/**
 * Builds a `chat.completion` from its chunks. It is complete after `[DONE]`, or after a proper end of the stream if
 * every choice has a finish reason. https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function chatAssembler(rules: DeltaRules): StreamAssembler {
	const stream = new ChatStream(rules);
	return {
		push: (event) => stream.push(event),
		end: () => (stream.ended = true),
		weigh: () => stream.weigh(),
		result: () => stream.result(),
	};
}

class ChatStream {
	/** True if the provider's bytes ended properly. */
	ended = false;
	readonly #rules: DeltaRules;
	readonly #alone: ReadonlySet<string>;
	readonly #body: JsonObject = {};
	readonly #choices: (ChoiceBuilder | undefined)[] = [];
	#failure: string | null = null;
	#done = false;

	constructor(rules: DeltaRules) {
		this.#rules = rules;
		this.#alone = new Set([...OF_CHUNKS_ALONE, ...rules.padding]);
	}

	push({ event, data }: ServerSentEvent): void {
		if (saysNothing({ event, data })) {
			this.#done ||= isDone(data);
			return;
		}
		const chunk = parseObject(data);
		if (!chunk) this.#failure ??= 'malformed';
		else if (event === 'error' || isErrorBody(chunk)) this.#failure ??= 'error_event';
		else this.#take(chunk);
	}

	weigh(): number {
		return JSON.stringify(this.#body).length + this.#choices.reduce((sum, choice) => sum + (choice?.weight ?? 0), 0);
	}

	result(): ReturnType<StreamAssembler['result']> {
		const reason = this.#failure ?? this.#unfinished();
		if (reason !== null) return { complete: false, reason };
		const choices = this.#choices.flatMap((choice) => choice?.choice ?? []);
		if (choices.length < this.#choices.length) return { complete: false, reason: 'malformed' };
		const { usage = null, ...body } = this.#body;
		return { complete: true, body: { ...body, object: 'chat.completion', choices, ...(usage !== null && { usage }) } };
	}

	#take(chunk: JsonObject): void {
		for (const [name, value] of Object.entries(chunk)) {
			if (!this.#alone.has(name)) replaceMember(this.#body, name, value);
		}
		for (const [position, choice] of objectsOf(chunk['choices']).entries()) {
			if (isErrorBody(choice)) this.#failure ??= 'error_event';
			const index = indexOf(choice['index']) ?? position;
			(this.#choices[index] ??= new ChoiceBuilder(index, this.#rules)).push(choice);
		}
	}

	#unfinished(): string | null {
		if (this.#choices.length === 0) return 'no_choices';
		if (this.#done) return null;
		return this.ended && this.#choices.every((choice) => choice?.ended) ? null : 'cut';
	}
}
