import type { JsonObject } from '../../contract.ts';
import { isObject, objectOf, stringOf, stringOrNull } from '../json.ts';
import type { Admission, AdmissionSettings } from '../provider.ts';
import { callsTools, choicesOf, contentText, readChat } from './reading.ts';

const ADMITTED: Admission = { store: true };

/** Words of `finish_reason` for answers cut by a limit: OpenAI, DeepSeek `length`; Mistral `model_length` too. */
const TRUNCATED = new Set(['length', 'model_length']);
const ENDED = new Set(['stop', 'tool_calls', 'function_call']);

/** Every choice has to be whole: a good first answer does not save a refused second one. */
export function admitChat(answer: JsonObject, settings: AdmissionSettings): Admission {
	if (!readChat(answer)) return { store: false, reason: 'malformed' };
	for (const choice of choicesOf(answer)) {
		const reason = refusedChoice(choice, settings);
		if (reason) return { store: false, reason };
	}
	return ADMITTED;
}

function refusedChoice(choice: JsonObject, settings: AdmissionSettings): string | null {
	const message = objectOf(choice['message']);
	if (stringOf(message['refusal']) !== '') return 'refusal';
	const ending = stringOrNull(choice['finish_reason']);
	const truncated = ending !== null && TRUNCATED.has(ending);
	if (truncated && !settings.storeTruncated) return 'truncated';
	if (!truncated && (ending === null || !ENDED.has(ending))) return ending ?? 'unfinished';
	return isEmpty(message) ? 'empty' : null;
}

function isEmpty(message: JsonObject): boolean {
	return contentText(message['content']).trim() === '' && !callsTools(message) && !isObject(message['audio']);
}
