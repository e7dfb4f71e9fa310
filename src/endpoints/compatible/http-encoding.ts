import type { ServerResponse } from 'node:http';

/** Whether `Accept-Encoding` takes gzip (RFC 9110 §12.5.3): by its name, or by `*` where it is not named. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
	const weights = new Map<string, number>();
	for (const part of String(header ?? '').split(',')) {
		const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
		const weight = parameters.find((parameter) => parameter.startsWith('q='));
		weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
	}
	return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

/** Adds a field name to `Vary`, beside those that Directus set. */
export function addVary(response: ServerResponse, field: string): void {
	const fields = String(response.getHeader('Vary') ?? '')
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	if (fields.includes('*') || fields.some((name) => name.toLowerCase() === field.toLowerCase())) return;
	response.setHeader('Vary', [...fields, field].join(', '));
}
