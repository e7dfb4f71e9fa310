/** Encodings of a vector in JSON: numbers, or the base64 of their 32-bit floats, little end first. */
export type VectorEncoding = 'float' | 'base64';

export type Vector = string | number[];

/** The vector in the encoding asked for. Numbers lose nothing on their way through base64 that 32 bits can hold. */
export function encodeVector(vector: Vector, encoding: VectorEncoding): Vector {
	if (encoding === 'base64') return typeof vector === 'string' ? vector : toBase64(vector);
	return typeof vector === 'string' ? fromBase64(vector) : vector;
}

function toBase64(numbers: readonly number[]): string {
	const bytes = Buffer.allocUnsafe(numbers.length * 4);
	for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
	return bytes.toString('base64');
}

function fromBase64(text: string): number[] {
	const bytes = Buffer.from(text, 'base64');
	return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}
