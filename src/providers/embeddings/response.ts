import type { JsonObject } from '../../shared/api-types.ts';
import { chatUsage } from '../chat-completions/parse-response.ts';
import { isObject, objectsOf, stringOrNull } from '../json/json.ts';
import type { Admission, AnswerReading, Confidence } from '../adapter.ts';

/** Parses an embeddings body, which OpenAI and Mistral share. Returns null if a vector is missing. */
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

/** Allows storing only if every input has a vector. Otherwise the answer is malformed. */
export function admitEmbeddings(request: JsonObject, answer: JsonObject): Admission {
	const whole = readEmbeddings(answer) !== null && objectsOf(answer['data']).length === inputCount(request);
	return whole ? { store: true } : { store: false, reason: 'malformed' };
}

/** Vectors contain no signal of quality, so the score is always neutral. */
export const embeddingsConfidence = (): Confidence => ({ score: 1, reasons: [] });

/** Counts the vectors that a request asks for. A string and a single array of tokens count as one. */
export function inputCount(request: JsonObject): number {
	const { input } = request;
	return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
}

function hasVector({ embedding }: JsonObject): boolean {
	return (typeof embedding === 'string' || Array.isArray(embedding)) && embedding.length > 0;
}
