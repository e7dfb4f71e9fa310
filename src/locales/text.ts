import { type Catalogue, FALLBACK_LOCALE, messages, type MessageKey } from './index.ts';

/**
 * The text of `key` where there is no component, as for names in Directus' own lists and forms: in the language that the
 * Studio has at this moment, which it writes on the document.
 */
export function studioText(key: MessageKey, values: Readonly<Record<string, string>> = {}): string {
	const language = typeof document === 'undefined' ? FALLBACK_LOCALE : document.documentElement.lang;
	const catalogue = messages[language] ?? messages[sameLanguage(language)] ?? messages[FALLBACK_LOCALE];
	const text = textAt(catalogue as Catalogue, key);
	return text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

const sameLanguage = (language: string): string =>
	Object.keys(messages).find((locale) => locale.split('-')[0] === language.split('-')[0]) ?? FALLBACK_LOCALE;

const textAt = (catalogue: Catalogue, key: MessageKey): string =>
	key.split('.').reduce<unknown>((texts, name) => (texts as Record<string, unknown>)[name], catalogue) as string;
