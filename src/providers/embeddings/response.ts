import type { JsonObject } from '../../shared/api-types.ts';
import { chatUsage } from '../chat-completions/parse-response.ts';
import { isObject, objectsOf, stringOrNull } from '../json/json.ts';
import type { Admission, AnswerReading, Confidence } from '../adapter.ts';

/** An embeddings body (OpenAI's and Mistral's are one shape), or null where a vector is missing. */
export function readEmbeddings(answer: JsonObject): AnswerReading | null {
	const vectors = objectsOf(answer['data']);
	if (isObject(answer['error']) || vectors.length === 0 || !vectors.every(hasVector)) return null;
	return {
		text: '',
		finishReason: null,
		usage: chatUsage(answer['usage']),
		snapshot: stringOrNull(answer['model']),
		systemFingerprint: null,
	};
}

/** Every input needs its vector; one that lacks some is malformed. */
export function admitEmbeddings(request: JsonObject, answer: JsonObject): Admission {
	const whole = readEmbeddings(answer) !== null && objectsOf(answer['data']).length === inputCount(request);
	return whole ? { store: true } : { store: false, reason: 'malformed' };
}

/** A vector is a matter of calculation: nothing in it tells how good it is. */
export const embeddingsConfidence = (): Confidence => ({ score: 1, reasons: [] });

/** How many vectors a request asks for: one for a string or a single array of tokens. */
export function inputCount(request: JsonObject): number {
	const { input } = request;
	return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
}

function hasVector({ embedding }: JsonObject): boolean {
	return (typeof embedding === 'string' || Array.isArray(embedding)) && embedding.length > 0;
}
