import { createHash } from 'node:crypto';

export interface EmbeddingsRequest {
	model: string;
	input: string | number[] | (string | number[])[];
	encoding_format?: 'float' | 'base64';
	dimensions?: number;
}

/** An embeddings answer as OpenAI and Mistral give it: one vector an input, made from the input alone. */
export function embeddingsAnswer(request: EmbeddingsRequest): Record<string, unknown> {
	const inputs = inputsOf(request.input);
	const data = inputs.map((input, index) => ({
		object: 'embedding',
		index,
		embedding: encode(vectorOf(input, request.dimensions ?? 8), request.encoding_format ?? 'float'),
	}));
	const tokens = inputs.reduce((sum, input) => sum + tokensOf(input), 0);
	return {
		object: 'list',
		data,
		model: request.model,
		usage: { prompt_tokens: tokens, total_tokens: tokens },
	};
}

function inputsOf(input: EmbeddingsRequest['input']): (string | number[])[] {
	if (typeof input === 'string') return [input];
	return input.every((part) => typeof part === 'number') ? [input] : input;
}

/** Numbers that a 32-bit float holds exactly, so that both encodings say the same. */
function vectorOf(input: string | number[], dimensions: number): Float32Array {
	const vector = new Float32Array(dimensions);
	for (let index = 0; index < dimensions; index++) {
		const digest = createHash('sha256')
			.update(`${index}:${JSON.stringify(input)}`)
			.digest();
		vector[index] = digest.readInt16LE(0) / 32_768;
	}
	return vector;
}

function encode(vector: Float32Array, format: 'float' | 'base64'): number[] | string {
	return format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
}

/** One token a word: what matters is that it can be counted by hand. */
export function tokensOf(input: string | number[]): number {
	return typeof input === 'string' ? Math.max(1, input.split(/\s+/).filter(Boolean).length) : input.length;
}
