import type { JsonObject, JsonValue, Usage } from '../../shared/api-types.ts';
import { readEnding } from '../shared/ending.ts';
import { isErrorBody } from '../shared/error-body.ts';
import { countOf, isObject, objectOf, objectsOf, stringOf, stringOrNull } from '../json/json.ts';
import type { AnswerReading } from '../adapter.ts';

/** Parses a `chat.completion` body. Returns null if there are no choices or a choice lacks its message. */
export function readChat(answer: JsonObject): AnswerReading | null {
	const choices = choicesOf(answer);
	const [first] = choices;
	if (!first || !choices.every((choice) => isObject(choice['message']))) return null;
	return {
		text: contentText(objectOf(first['message'])['content']),
		finishReason: readEnding(first['finish_reason']),
		usage: chatUsage(answer['usage']),
		snapshot: stringOrNull(answer['model']),
		systemFingerprint: stringOrNull(answer['system_fingerprint']),
		...findExpiry(choices),
	};
}

/** Later messages refer to an audio by its id, which expires with the audio. */
function findExpiry(choices: readonly JsonObject[]): { expiresAt?: number } {
	const times = choices.flatMap(({ message }) => {
		const { expires_at: time } = objectOf(objectOf(message)['audio']);
		return typeof time === 'number' && time > 0 ? [time] : [];
	});
	return times.length > 0 ? { expiresAt: Math.min(...times) } : {};
}

export function choicesOf(answer: JsonObject): JsonObject[] {
	return isErrorBody(answer) ? [] : objectsOf(answer['choices']);
}

/** `prompt_tokens` includes cached tokens, `completion_tokens` reasoning tokens. Returns zeros if usage is missing. */
export function chatUsage(usage: JsonValue | undefined): Usage {
	const { prompt_tokens: prompt, completion_tokens: completion } = objectOf(usage);
	return { input_tokens: countOf(prompt), output_tokens: countOf(completion) };
}

/** The text of a message's content: a string, or the text parts of an array (Mistral's thinking parts left out). */
export function contentText(content: JsonValue | undefined): string {
	if (typeof content === 'string') return content;
	return objectsOf(content)
		.map((part) => (part['type'] === 'text' ? stringOf(part['text']) : ''))
		.join('');
}

/** True if the model called a tool, in the current or the older form. */
export function callsTools(message: JsonObject): boolean {
	return objectsOf(message['tool_calls']).length > 0 || isObject(message['function_call']);
}
