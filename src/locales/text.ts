import { type Catalogue, FALLBACK_LOCALE, messages, type MessageKey } from './index.ts';

/**
 * Returns a text outside of components, for example a name in Directus' own lists and forms. Uses the Studio's current
 * language, which the Studio sets as the document's `lang`.
 */
export function translateText(key: MessageKey, values: Readonly<Record<string, string>> = {}): string {
	const language = typeof document === 'undefined' ? FALLBACK_LOCALE : document.documentElement.lang;
	const catalogue = messages[language] ?? messages[findLocale(language)] ?? messages[FALLBACK_LOCALE];
	const text = readText(catalogue as Catalogue, key);
	return text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

const findLocale = (language: string): string =>
	Object.keys(messages).find((locale) => locale.split('-')[0] === language.split('-')[0]) ?? FALLBACK_LOCALE;

const readText = (catalogue: Catalogue, key: MessageKey): string =>
	key.split('.').reduce<unknown>((texts, name) => (texts as Record<string, unknown>)[name], catalogue) as string;
