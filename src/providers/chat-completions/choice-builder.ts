import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { laterEnding, readEnding } from '../shared/ending.ts';
import { isObject, isPresent, objectOf, stringOf } from '../json/json.ts';
import { isEmpty, replaceMember } from '../shared/merge-members.ts';
import { mergeDelta, type DeltaRules } from './merge-delta.ts';

/**
 * Builds one choice of a stream. Its message grows by `delta`. Some servers also send the message so far, which counts
 * only if no delta has content. All other members arrive whole each time.
 */
export class ChoiceBuilder {
	readonly #rules: DeltaRules;
	readonly #choice: JsonObject;
	readonly #message: JsonObject = {};
	#whole: JsonObject | null = null;
	/** True if the messages so far contradict each other. */
	#contradicts = false;
	/** True if the audio's expiry came last: such a stream may end without a finish reason. */
	#audioEnded = false;

	constructor(index: number, rules: DeltaRules) {
		this.#rules = rules;
		this.#choice = { index, message: this.#message, finish_reason: null };
	}

	push(members: JsonObject): void {
		for (const [name, value] of Object.entries(members)) {
			if (name === 'index') continue;
			if (name === 'delta') this.#extend(objectOf(value));
			else if (name === 'message') this.#replace(value);
			else if (name === 'finish_reason') this.#choice[name] = laterEnding(this.#choice[name], value);
			else if (name === 'logprobs') this.#choice[name] = mergeLogprobs(this.#choice[name], value);
			else replaceMember(this.#choice, name, value);
		}
	}

	get weight(): number {
		return JSON.stringify([this.#choice, this.#whole]).length;
	}

	/** True if a finish reason arrived. */
	get ended(): boolean {
		return readEnding(this.#choice['finish_reason']) !== null || this.#endedByAudio;
	}

	/** Null if the parts contradict each other. */
	get choice(): JsonObject | null {
		const { finish_reason: ending = null, ...choice } = this.#choice;
		const message = this.#chosenMessage();
		if (message === null) return null;
		return {
			...choice,
			message: withoutHoles(message),
			finish_reason: readEnding(ending) === null && this.#endedByAudio ? 'stop' : ending,
		};
	}

	/** https://github.com/openai/openai-node/issues/1206: its SDK takes such an audio for whole, too. */
	get #endedByAudio(): boolean {
		const { id, data, transcript } = objectOf(this.#message['audio']);
		return this.#audioEnded && [id, data, transcript].every(isPresent);
	}

	#chosenMessage(): JsonObject | null {
		if (this.#whole === null || saysSomething(this.#message)) return this.#message;
		return this.#contradicts ? null : { ...this.#message, ...this.#whole };
	}

	#extend(delta: JsonObject): void {
		const { audio, ...others } = delta;
		if (isPresent(objectOf(audio)['expires_at'])) this.#audioEnded = true;
		else if (!isEmpty(delta)) this.#audioEnded = false;
		if (!isEmpty(others)) this.#audioEnded = false;
		mergeDelta(this.#message, delta, this.#rules);
	}

	#replace(value: JsonValue): void {
		if (!isObject(value) || isEmpty(value)) return;
		const before = stringOf(this.#whole?.['content']);
		if (!stringOf(value['content']).startsWith(before)) this.#contradicts = true;
		this.#whole = value;
	}
}

const saysSomething = ({ role: _role, ...members }: JsonObject): boolean => !isEmpty(members);

/** `content` and `refusal` hold one entry per token and grow with the text. */
function mergeLogprobs(current: JsonValue | undefined, delta: JsonValue): JsonValue {
	if (!isObject(delta)) return current ?? delta;
	const merged: JsonObject = { ...objectOf(current) };
	for (const [name, value] of Object.entries(delta)) {
		const before = merged[name];
		if (Array.isArray(before) && Array.isArray(value)) before.push(...value);
		else if (isPresent(value) || before === undefined) merged[name] = value;
	}
	return merged;
}

/** Some servers count their calls from 1. */
function withoutHoles(message: JsonObject): JsonObject {
	const { tool_calls: calls } = message;
	return Array.isArray(calls) ? { ...message, tool_calls: calls.filter(isObject) } : message;
}
