import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/shared/api-types.ts';
import {
	bodyOfInput,
	embeddingInputs,
	joinEmbeddings,
	requestForInputs,
	splitEmbeddings,
} from '../../../src/providers/embeddings/batch.ts';
import { shareOut } from '../../../src/providers/embeddings/split-usage.ts';
import { encodeVector } from '../../../src/providers/embeddings/vector-encoding.ts';
import { ProviderServer } from '../support/provider-server.ts';
import { randomFrom } from '../support/random-answers.ts';

const floats = [0.0023064255, -0.009327292, 1.5, -3.4028234663852886e38, 0, 1e-20];
const asFloat32 = [...new Float32Array(floats)];
/** As OpenAI writes the same vector. */
const written = [0.0023064255, -0.009327292, 1.5, -3.4028235e38, 0, 1e-20];
const base64 = Buffer.from(new Float32Array(floats).buffer).toString('base64');

const request: JsonObject = {
	model: 'text-embedding-3-small',
	input: ['apple', 'a longer text', 'kiwi'],
	dimensions: 6,
};
const answer: JsonObject = {
	object: 'list',
	model: 'text-embedding-3-small',
	data: [
		{ object: 'embedding', index: 2, embedding: [2] },
		{ object: 'embedding', index: 0, embedding: [0] },
		{ object: 'embedding', index: 1, embedding: [1] },
	],
	usage: { prompt_tokens: 8, total_tokens: 8 },
};

describe('the inputs of an embeddings request', () => {
	it('are a text, texts, a text’s tokens, or those of several', () => {
		expect(embeddingInputs({ input: 'a' })).toEqual(['a']);
		expect(embeddingInputs({ input: ['a', 'b'] })).toEqual(['a', 'b']);
		expect(embeddingInputs({ input: [1, 2] })).toEqual([[1, 2]]);
		expect(embeddingInputs({ input: [[1, 2], [3]] })).toEqual([[1, 2], [3]]);
		expect(embeddingInputs({ input: [] })).toEqual([]);
		expect(embeddingInputs({ input: { no: 'such' } })).toEqual([]);
	});

	it('are each identified alone, whatever stands beside them and however the vector is encoded', () => {
		const alone = bodyOfInput({ ...request, input: 'apple', encoding_format: 'base64' }, 'apple');
		expect(bodyOfInput(request, 'apple')).toEqual(alone);
		expect(alone).toEqual({ model: 'text-embedding-3-small', input: 'apple', dimensions: 6 });
	});

	it('keep their encoding where whole numbers were asked for', () => {
		const bits = { ...request, output_dtype: 'ubinary', encoding_format: 'base64' };
		expect(bodyOfInput(bits, 'apple')).toHaveProperty('encoding_format', 'base64');
	});

	it('can be asked for in part, with all else as it was', () => {
		expect(requestForInputs({ ...request, user: 'u' }, [2, 0])).toEqual({
			...request,
			user: 'u',
			input: ['kiwi', 'apple'],
		});
		expect(requestForInputs({ input: [[1, 2], [3]] }, [1])).toEqual({ input: [[3]] });
	});
});

describe('an embeddings answer', () => {
	it('is split by index, its usage shared out by length and adding up', () => {
		const parts = splitEmbeddings(answer, embeddingInputs(request))!;
		expect(parts.map(({ data }) => data)).toEqual([
			[{ object: 'embedding', index: 0, embedding: [0] }],
			[{ object: 'embedding', index: 0, embedding: [1] }],
			[{ object: 'embedding', index: 0, embedding: [2] }],
		]);
		expect(parts.map(({ usage }) => (usage as JsonObject)['prompt_tokens'])).toEqual([2, 5, 1]);
		expect(parts.every(({ model, object }) => model === answer['model'] && object === 'list')).toBe(true);
	});

	it('joined from its parts is what the provider gave, in the order asked', () => {
		const parts = splitEmbeddings(answer, embeddingInputs(request))!;
		const joined = joinEmbeddings(request, parts);
		expect(joined).toEqual({
			...answer,
			data: [0, 1, 2].map((index) => ({ object: 'embedding', index, embedding: [index] })),
		});
		expect(joinEmbeddings(request, [parts[2]!, parts[0]!])['data']).toEqual([
			{ object: 'embedding', index: 0, embedding: [2] },
			{ object: 'embedding', index: 1, embedding: [0] },
		]);
	});

	it('that lacks a vector or has one too many is not split', () => {
		const vector = (index: number) => ({ object: 'embedding', index, embedding: [1] });
		for (const data of [[vector(0)], [vector(0), vector(1), vector(2)], [vector(0), { index: 1 }]]) {
			expect(splitEmbeddings({ ...answer, data }, ['a', 'b'])).toBeNull();
		}
	});

	it.each([
		['all 0', [0, 0], [7, 8]],
		['beyond the request', [2, 3], [7, 8]],
		['negative', [0, -1], [7, 8]],
		['absent', [undefined, undefined], [7, 8]],
		['a permutation', [1, 0], [8, 7]],
	])('whose indexes are %s is split in the right order', (_what, indexes, order) => {
		const data = indexes.map((index, place) => ({ ...(index !== undefined && { index }), embedding: [7 + place] }));
		const parts = splitEmbeddings({ data }, ['a', 'b'])!;
		expect(parts.map((part) => part['data'])).toEqual(order.map((value) => [{ index: 0, embedding: [value] }]));
	});

	it('is joined in the encoding asked for, whichever it is stored in', () => {
		const stored = (embedding: string | number[]): JsonObject => ({ data: [{ index: 0, embedding }] });
		const both = [stored(base64), stored(floats)];
		const embeddings = (encoding?: string) =>
			joinEmbeddings({ ...(encoding ? { encoding_format: encoding } : {}) }, both)['data'];
		expect(embeddings('base64')).toEqual([0, 1].map((index) => ({ index, embedding: base64 })));
		for (const encoding of ['float', undefined]) {
			expect(embeddings(encoding)).toEqual([
				{ index: 0, embedding: written },
				{ index: 1, embedding: floats },
			]);
		}
	});

	it('reads the same to the OpenAI SDK from float entries and from base64 ones', async () => {
		const server = await new ProviderServer().listen();
		const client = new OpenAI({ apiKey: 'key', baseURL: server.url, maxRetries: 0 });
		const ask = async (stored: JsonObject) => {
			server.handler = (incoming, response) => {
				let text = '';
				incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
				incoming.on('end', () => {
					const body = JSON.stringify(joinEmbeddings(JSON.parse(text) as JsonObject, [stored]));
					response.writeHead(200, { 'content-type': 'application/json' }).end(body);
				});
			};
			return client.embeddings.create({ model: 'm', input: 'a' });
		};
		const vector = (embedding: string | number[]) => ({
			...answer,
			data: [{ object: 'embedding', index: 0, embedding }],
		});
		const fromFloats = await ask(vector(floats));
		expect(fromFloats).toEqual(await ask(vector(base64)));
		expect(fromFloats.data[0]?.embedding).toEqual(asFloat32);
		await server.close();
	});
});

describe('vectors', () => {
	it('go from base64 to numbers and back unchanged', () => {
		expect(encodeVector(encodeVector(base64, 'float'), 'base64')).toBe(base64);
		expect(encodeVector(base64, 'float')).toEqual(written);
	});
});

describe('a 32-bit float in numbers', () => {
	it('has the fewest digits that are it', () => {
		const random = randomFrom(7);
		const fewest = (float: number): number => {
			const counts = Array.from({ length: 9 }, (_, digits) => Number(float.toPrecision(digits + 1)));
			return counts.find((number) => Math.fround(number) === float) ?? float;
		};
		const vector = Float32Array.from({ length: 5000 }, () => (random() - 0.5) * 10 ** Math.floor(random() * 64 - 30));
		const numbers = encodeVector(Buffer.from(vector.buffer).toString('base64'), 'float') as number[];
		expect(numbers.map(Math.fround)).toEqual([...vector]);
		const digits = (number: number): number => number.toExponential().length;
		expect(numbers.map(digits)).toEqual([...vector].map((float) => digits(fewest(float))));
	});
});

describe('sharing out', () => {
	it('always adds up, and follows the weights', () => {
		expect(shareOut(10, [1, 1, 1])).toEqual([4, 3, 3]);
		expect(shareOut(7, [0, 0])).toEqual([4, 3]);
		expect(shareOut(0, [5, 5])).toEqual([0, 0]);
		expect(shareOut(100, [1, 99])).toEqual([1, 99]);
		for (let total = 0; total < 50; total++) {
			const shares = shareOut(total, [3, 1, 4, 1, 5, 9]);
			expect(shares.reduce((sum, share) => sum + share)).toBe(total);
		}
	});
});
