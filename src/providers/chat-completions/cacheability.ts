import type { JsonObject } from '../../shared/api-types.ts';
import { readEnding, refuseEnding } from '../shared/ending.ts';
import { isErrorBody } from '../shared/error-body.ts';
import { isObject, objectOf, objectsOf, stringOf } from '../json/json.ts';
import type { Admission, AdmissionSettings } from '../adapter.ts';
import { callsTools, choicesOf, contentText, readChat } from './parse-response.ts';

const ADMITTED: Admission = { store: true };

/** Allows storing only if every choice is complete: a good first choice does not make up for a refused second one. */
export function admitChat(answer: JsonObject, settings: AdmissionSettings): Admission {
	if (!readChat(answer)) return { store: false, reason: 'malformed' };
	for (const choice of choicesOf(answer)) {
		const reason = refusedChoice(choice, settings);
		if (reason !== null) return { store: false, reason };
	}
	return ADMITTED;
}

function refusedChoice(choice: JsonObject, settings: AdmissionSettings): string | null {
	const message = objectOf(choice['message']);
	if (isErrorBody(choice)) return 'error';
	if (stringOf(message['refusal']) !== '') return 'refusal';
	const reason = refuseEnding(readEnding(choice['finish_reason']), settings.storeTruncated);
	return reason ?? (isEmpty(message) ? 'empty' : null);
}

/** Parts that contain a model's reasoning instead of its answer. */
const THOUGHTS = new Set(['thinking', 'reasoning', 'redacted_thinking']);

function isEmpty(message: JsonObject): boolean {
	if (contentText(message['content']).trim() !== '' || callsTools(message) || isObject(message['audio'])) return false;
	const parts = objectsOf(message['content']).filter(({ type }) => type !== 'text' && !THOUGHTS.has(stringOf(type)));
	return parts.length === 0 && objectsOf(message['images']).length === 0;
}
