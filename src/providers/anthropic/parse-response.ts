import type { JsonObject, JsonValue, Usage } from '../../shared/api-types.ts';
import { readEnding } from '../shared/ending.ts';
import { countOf, objectOf, objectsOf, stringOf, stringOrNull } from '../json/json.ts';
import type { AnswerReading } from '../adapter.ts';

/** Parses a `message` body, or returns null for any other body. https://docs.anthropic.com/en/api/messages */
export function readMessage(answer: JsonObject): AnswerReading | null {
	if (answer['type'] !== 'message' || !Array.isArray(answer['content'])) return null;
	return {
		text: messageText(answer),
		finishReason: readEnding(answer['stop_reason']),
		usage: messageUsage(answer['usage']),
		snapshot: stringOrNull(answer['model']),
		systemFingerprint: null,
	};
}

export function messageText(answer: JsonObject): string {
	return objectsOf(answer['content'])
		.map((block) => (block['type'] === 'text' ? stringOf(block['text']) : ''))
		.join('');
}

/** `input_tokens` excludes the tokens written to and read from Anthropic's prompt cache, so these are added. */
function messageUsage(value: JsonValue | undefined): Usage {
	const usage = objectOf(value);
	const cached = countOf(usage['cache_creation_input_tokens']) + countOf(usage['cache_read_input_tokens']);
	return {
		input_tokens: countOf(usage['input_tokens']) + cached,
		output_tokens: countOf(usage['output_tokens']),
	};
}

/** True if the message calls a tool, whether the caller or Anthropic runs it. */
export const callsTools = (answer: JsonObject): boolean =>
	objectsOf(answer['content']).some(({ type }) => typeof type === 'string' && type.endsWith('tool_use'));
