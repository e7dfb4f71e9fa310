import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject, objectOf, objectsOf } from '../json/json.ts';
import { shareOut } from './split-usage.ts';
import { encodeVector, type Vector, type VectorEncoding } from './vector-encoding.ts';

/**
 * Returns the inputs of an embeddings request in order, each a text or an array of tokens. Returns an empty array if
 * `input` has no form that the API accepts.
 * https://platform.openai.com/docs/api-reference/embeddings/create, https://docs.mistral.ai/api/#tag/embeddings
 */
export function embeddingInputs({ input }: JsonObject): JsonValue[] {
	if (typeof input === 'string') return [input];
	if (!Array.isArray(input) || input.length === 0) return [];
	if (input.every((element) => typeof element === 'number')) return [input];
	return input.every((element) => typeof element === 'string' || Array.isArray(element)) ? input : [];
}

/**
 * Builds the request for one input alone, which identifies the input's vector. Omits the encoding if one encoding can
 * be converted to the other, so that both share an entry.
 */
export function bodyOfInput(request: JsonObject, input: JsonValue): JsonObject {
	const { encoding_format: encoding, ...body } = request;
	const keepsEncoding = !hasFloatVectors(request) && encoding !== undefined;
	return { ...body, ...(keepsEncoding ? { encoding_format: encoding } : {}), input };
}

/** Builds the same request for some of its inputs. Each position must exist in `embeddingInputs`. */
export function requestForInputs(request: JsonObject, positions: readonly number[]): JsonObject {
	const inputs = embeddingInputs(request);
	return { ...request, input: positions.map((position) => inputs[position] ?? null) };
}

/**
 * Splits an answer into one per input, in the inputs' order. Divides the usage by the inputs' length. Returns null
 * unless the answer has exactly one vector for each input.
 */
export function splitEmbeddings(answer: JsonObject, inputs: readonly JsonValue[]): JsonObject[] | null {
	const vectors = inRequestOrder(objectsOf(answer['data']));
	if (vectors.length !== inputs.length || !vectors.every(({ embedding }) => isVector(embedding))) return null;
	const usages = shareUsage(objectOf(answer['usage']), inputs.map(lengthOf));
	return vectors.map((vector, index) => ({
		...answer,
		data: [{ ...vector, index: 0 }],
		...(isObject(answer['usage']) ? { usage: usages[index] ?? {} } : {}),
	}));
}

/** Orders vectors by `index` if the indexes are complete. Otherwise keeps the order: some servers count per batch. */
function inRequestOrder(vectors: readonly JsonObject[]): readonly JsonObject[] {
	const byIndex = new Map(vectors.map((vector) => [vector['index'] ?? null, vector]));
	const sorted = vectors.map((_, place) => byIndex.get(place)).filter((vector) => vector !== undefined);
	return sorted.length === vectors.length ? sorted : vectors;
}

/** Joins answers into one, in order and in the encoding that the request asks for. Adds up their usage. */
export function joinEmbeddings(request: JsonObject, answers: readonly JsonObject[]): JsonObject {
	const data = answers.flatMap((answer, index) =>
		objectsOf(answer['data']).map((vector) => ({ ...inEncoding(vector, request), index })),
	);
	const usages = answers.flatMap(({ usage }) => (isObject(usage) ? [usage] : []));
	return { ...answers[0], data, ...(usages.length > 0 ? { usage: addUsages(usages) } : {}) };
}

function inEncoding(vector: JsonObject, request: JsonObject): JsonObject {
	const { embedding } = vector;
	if (!isVector(embedding) || !hasFloatVectors(request)) return vector;
	const encoding: VectorEncoding = request['encoding_format'] === 'base64' ? 'base64' : 'float';
	return { ...vector, embedding: encodeVector(embedding, encoding) };
}

/** Mistral's `output_dtype` may ask for integers or bits, which have another base64 form. */
const hasFloatVectors = ({ output_dtype: type }: JsonObject): boolean =>
	type === undefined || type === null || type === 'float';

const isVector = (value: JsonValue | undefined): value is Vector =>
	typeof value === 'string' || (Array.isArray(value) && value.every((element) => typeof element === 'number'));

const lengthOf = (input: JsonValue): number => (typeof input === 'string' || Array.isArray(input) ? input.length : 0);

function shareUsage(usage: JsonObject, weights: readonly number[]): JsonObject[] {
	const shares = weights.map((): JsonObject => ({ ...usage }));
	for (const [name, total] of Object.entries(usage)) {
		if (typeof total !== 'number') continue;
		for (const [index, share] of shareOut(total, weights).entries()) objectOf(shares[index])[name] = share;
	}
	return shares;
}

function addUsages(usages: readonly JsonObject[]): JsonObject {
	const total: JsonObject = {};
	for (const usage of usages) {
		for (const [name, value] of Object.entries(usage)) {
			const before = total[name];
			if (typeof value === 'number') total[name] = (typeof before === 'number' ? before : 0) + value;
			else total[name] ??= value;
		}
	}
	return total;
}
