import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/shared/api-types.ts';
import { saysTheSame } from '../../../src/providers/json/body-equivalence.ts';

const read = (text: string): boolean => saysTheSame(Buffer.from(text), JSON.parse(text) as JsonObject);

describe('bytes say the same as what was read from them', () => {
	it.each([
		['plain', '{"model":"m","messages":[{"role":"user","content":"Hi"}]}'],
		['spaced, with numbers and escapes written otherwise', '{ "a" :\n[1.0, 1e2, "\\u0041\\/"], "b": {"é": null} }'],
		['with colons, quotes and backslashes in texts', String.raw`{"a":"b\":c\\","d\"":{":":":\\\\"}}`],
		['with backslashes before quotes, odd and even in number', String.raw`{"a":"\\\":","b":"\\","c":["\"",":\\"]}`],
		['with the same name in several objects', '{"a":{"a":[{"a":1},{"a":2}]}}'],
		['with a name that objects inherit', '{"__proto__":{"a":1},"constructor":1}'],
	])('where they are %s', (_what, text) => {
		expect(read(text)).toBe(true);
	});

	it.each([
		['a member stands twice', '{"messages":["first"],"messages":["last"]}'],
		['one stands twice after a text that ends in a backslash', String.raw`{"a":"\\","b":1,"b":1}`],
		['one deep within does', '{"a":[{"b":{"c":1,"c":1}}]}'],
		['one of them is written otherwise', String.raw`{"a":1,"\u0061":1}`],
	])('but not where %s', (_what, text) => {
		expect(read(text)).toBe(false);
	});

	it('but not where they were read in another charset', () => {
		// As UTF-7, `+ACI-` is a quotation mark: what is one text here are three members there.
		const bytes = Buffer.from('{"messages":["one"],"user":"+ACI-,+ACI-messages+ACI-:+AFsAIg-other+ACIAXQ-"}');
		expect(saysTheSame(bytes, { messages: ['other'], user: '' })).toBe(false);
		expect(saysTheSame(Buffer.from('{"a":1}', 'utf16le'), { a: 1 })).toBe(false);
	});

	it('but not where they are no UTF-8, of which every wrong byte is read as the same character', () => {
		for (const word of ['Grüße', 'Größe']) {
			const bytes = Buffer.from(`{"a":"${word}"}`, 'latin1');
			expect(saysTheSame(bytes, JSON.parse(bytes.toString()) as JsonObject)).toBe(false);
		}
	});

	it('and not, rather than fail, where they are nested too deeply to tell', () => {
		expect(read(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`)).toBe(false);
	});
});
