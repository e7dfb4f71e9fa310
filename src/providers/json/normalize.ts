import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { isObject } from './json.ts';

/** Rules by which an adapter brings equal requests into one form. */
export interface NormalForm {
	/** Top-level parameters that cannot change the answer. */
	omit: ReadonlySet<string>;
	/**
	 * Members with the caller's own data, such as JSON schemas and tool arguments. They are kept as they are, with
	 * nulls.
	 */
	opaque: ReadonlySet<string>;
	/** Members that are dropped at any depth, except within opaque members. */
	marks?: ReadonlySet<string>;
	/** Members for which an array of one bare text part is equal to the plain text. */
	textMembers: ReadonlySet<string>;
	/** Values of `type` that mark such a text part. */
	textTypes: ReadonlySet<string>;
}

/** Returns the body in its normal form. Does not change the given body, but shares its unchanged parts. */
export function normalise(body: JsonObject, form: NormalForm): JsonObject {
	const kept = Object.entries(body).filter(([name]) => !form.omit.has(name));
	return normaliseObject(Object.fromEntries(kept), form);
}

function normaliseObject(object: JsonObject, form: NormalForm): JsonObject {
	let copy: JsonObject | undefined;
	for (const name of Object.keys(object)) {
		const value = object[name];
		if (value === undefined || value === null || form.marks?.has(name)) {
			copy ??= { ...object };
			Reflect.deleteProperty(copy, name);
		} else if (typeof value === 'object' && !form.opaque.has(name)) {
			const normal = normaliseMember(name, value, form);
			if (normal === value) continue;
			copy ??= { ...object };
			copy[name] = normal;
		}
	}
	return copy ?? object;
}

function normaliseMember(name: string, value: JsonObject | JsonValue[], form: NormalForm): JsonValue {
	if (!Array.isArray(value)) return normaliseObject(value, form);
	const elements = normaliseArray(value, form);
	return form.textMembers.has(name) ? loneText(elements, form.textTypes) : elements;
}

/** Keeps every element in its position: a null in an array has a meaning. */
function normaliseArray(array: JsonValue[], form: NormalForm): JsonValue[] {
	let copy: JsonValue[] | undefined;
	for (const [index, element] of array.entries()) {
		if (typeof element !== 'object' || element === null) continue;
		const normal = Array.isArray(element) ? normaliseArray(element, form) : normaliseObject(element, form);
		if (normal === element) continue;
		copy ??= [...array];
		copy[index] = normal;
	}
	return copy ?? array;
}

function loneText(parts: JsonValue[], textTypes: ReadonlySet<string>): JsonValue {
	const [part] = parts;
	if (parts.length !== 1 || !isObject(part) || typeof part['text'] !== 'string') return parts;
	const bare = Object.keys(part).length === 2 && typeof part['type'] === 'string' && textTypes.has(part['type']);
	return bare ? part['text'] : parts;
}
