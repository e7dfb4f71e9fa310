import { isExactNumber } from '../json/lossless-json.ts';

/** Writes JSON as Claude does, with a space after each comma and colon. */
export function inputText(value: unknown): string {
	if (typeof value !== 'object' || value === null || isExactNumber(value)) return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(inputText).join(', ')}]`;
	return `{${Object.entries(value)
		.map(([name, member]) => `${JSON.stringify(name)}: ${inputText(member)}`)
		.join(', ')}}`;
}
