import type { JsonValue } from '../../shared/api-types.ts';
import { InvalidTemplateError } from '../errors.ts';

/** The parts of a request that may contain `{{field}}`. */
export interface TemplateSource {
	prompt?: string;
	system?: string;
	messages?: JsonValue[];
}

/** A placeholder such as `{{author.name}}`: its path, and the text's position in the request, for errors. */
export interface Placeholder {
	path: string;
	where: string;
}

/** A backslash before the braces, as in `\{{name}}`, keeps them as text. */
const PLACEHOLDER = /(\\?)\{\{([^{}]*)\}\}/g;

/** Per request. Each of its items is rendered with all placeholders. */
const MAX_PLACEHOLDERS = 10_000;

const createTooManyPlaceholdersError = (path: string, where: string): Error =>
	new InvalidTemplateError({
		reason: `{{${path}}} in ${where} exceeds the limit of ${MAX_PLACEHOLDERS} placeholders`,
		field: path,
	});

/** Returns all placeholders of the request, in order. Throws a 400 if one is empty or has an empty part. */
export function findPlaceholders(source: TemplateSource): Placeholder[] {
	const found: Placeholder[] = [];
	replaceText(source, (text, where) => {
		for (const [, escape, inner] of text.matchAll(PLACEHOLDER)) {
			if (escape) continue;
			const path = readPath(inner ?? '', where);
			if (found.length === MAX_PLACEHOLDERS) throw createTooManyPlaceholdersError(path, where);
			found.push({ path, where });
		}
		return text;
	});
	return found;
}

/** Counts the bytes of all texts that may contain placeholders. */
export function countTextBytes(source: TemplateSource): number {
	let bytes = 0;
	replaceText(source, (text) => {
		bytes += Buffer.byteLength(text);
		return text;
	});
	return bytes;
}

/** Replaces each placeholder with `value(path)`. Placeholders inside values are not replaced. */
export function fillPlaceholders(source: TemplateSource, value: (path: string) => string): TemplateSource {
	return replaceText(source, (text) =>
		text.replaceAll(PLACEHOLDER, (whole: string, escape: string, inner: string) =>
			escape ? whole.slice(1) : value(inner.trim()),
		),
	);
}

function readPath(inner: string, where: string): string {
	const path = inner.trim();
	if (path !== '' && path.split('.').every((part) => part !== '' && !part.startsWith(':') && !part.endsWith(':'))) {
		return path;
	}
	throw new InvalidTemplateError({ reason: `{{${inner}}} in ${where} does not name a field`, field: where });
}

/** Applies `replace` to the prompt, the system text, and each text in the `content` of a message. */
function replaceText(source: TemplateSource, replace: (text: string, where: string) => string): TemplateSource {
	const { prompt, system, messages } = source;
	return {
		...(prompt !== undefined && { prompt: replace(prompt, 'prompt') }),
		...(system !== undefined && { system: replace(system, 'system') }),
		...(messages && {
			messages: messages.map((message, index) => replaceInMessage(message, `messages[${index}]`, replace)),
		}),
	};
}

function replaceInMessage(
	message: JsonValue,
	where: string,
	replace: (text: string, where: string) => string,
): JsonValue {
	if (typeof message !== 'object' || message === null || Array.isArray(message)) return message;
	if (message['content'] === undefined) return message;
	return { ...message, content: replaceInValue(message['content'], `${where}.content`, replace) };
}

function replaceInValue(value: JsonValue, where: string, replace: (text: string, where: string) => string): JsonValue {
	if (typeof value === 'string') return replace(value, where);
	if (Array.isArray(value)) return value.map((part, index) => replaceInValue(part, `${where}[${index}]`, replace));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, part]) => [name, replaceInValue(part, `${where}.${name}`, replace)]),
	);
}
