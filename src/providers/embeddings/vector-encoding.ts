/** Encodings of a vector in JSON: numbers, or the base64 of its 32-bit floats in little-endian order. */
export type VectorEncoding = 'float' | 'base64';

export type Vector = string | number[];

/** Converts a vector to an encoding. Numbers that fit into 32-bit floats survive base64 unchanged. */
export function encodeVector(vector: Vector, encoding: VectorEncoding): Vector {
	if (encoding === 'base64') return typeof vector === 'string' ? vector : toBase64(vector);
	return typeof vector === 'string' ? fromBase64(vector) : vector;
}

function toBase64(numbers: readonly number[]): string {
	const bytes = Buffer.allocUnsafe(numbers.length * 4);
	for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
	return bytes.toString('base64');
}

/**
 * The powers of ten that a double holds exactly. Dividing by one gives exactly the number that the decimal parses to.
 */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

function fromBase64(text: string): number[] {
	const bytes = Buffer.from(text, 'base64');
	return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => shortest(bytes.readFloatLE(index * 4)));
}

/** Writes a 32-bit float with the fewest digits that identify it, as providers do. Nine digits are always enough. */
function shortest(float: number): number {
	const magnitude = Math.floor(Math.log10(Math.abs(float)));
	for (let digits = 6; digits <= 9; digits++) {
		const power = POWERS[digits - 1 - magnitude];
		const number = power === undefined ? Number(float.toPrecision(digits)) : Math.round(float * power) / power;
		if (Math.fround(number) === float) return number;
	}
	return float;
}
