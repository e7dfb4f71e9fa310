import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createI18n } from 'vue-i18n';
import deDE from '../../src/locales/de-DE.ts';
import enUS from '../../src/locales/en-US.ts';
import { messages } from '../../src/locales/index.ts';

interface Tree {
	[name: string]: string | Tree;
}

function flatten(tree: Tree, prefix = ''): [string, string][] {
	return Object.entries(tree).flatMap(([name, value]): [string, string][] =>
		typeof value === 'string' ? [[prefix + name, value]] : flatten(value, `${prefix}${name}.`),
	);
}

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();

const english = flatten(enUS);
const german = new Map(flatten(deDE));

describe('languages of the Studio', () => {
	it('have the same placeholders and plural forms as English', () => {
		for (const [key, text] of english) {
			const translated = german.get(key) ?? '';
			expect(placeholders(translated), key).toEqual(placeholders(text));
			expect(translated.split(' | ').length, key).toBe(text.split(' | ').length);
		}
	});

	it('compile in every plural form', () => {
		const i18n = createI18n({ legacy: false, locale: 'en-US', messages });
		for (const locale of ['en-US', 'de-DE'])
			for (const [key] of english) {
				i18n.global.locale.value = locale;
				for (const plural of [1, 2]) expect(i18n.global.t(key, { count: 2 }, { plural }), key).not.toBe(key);
			}
	});

	it('contain no unused text', () => {
		const sources = ['module', 'panels', 'interfaces', 'operations']
			.map((folder) => readAll(join('src', folder)))
			.join('\n');
		const unused = english.map(([key]) => key).filter((key) => !isUsed(key, sources));
		expect(unused).toEqual([]);
	});
});

function readAll(folder: string): string {
	return readdirSync(folder, { withFileTypes: true, recursive: true })
		.filter((file) => file.isFile())
		.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
		.join('\n');
}

/** The sources contain the whole key, or build it from its group, like `cause.${row.cause}`. */
function isUsed(key: string, sources: string): boolean {
	const group = key.slice(0, key.lastIndexOf('.'));
	return sources.includes(`'${key}'`) || sources.includes(`\`${group}.\${`) || sources.includes(`\`${group}.$`);
}
