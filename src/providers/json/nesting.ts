/**
 * Maximum levels of arrays and objects in a request or an answer. Serializers recurse, and overflow the stack at some
 * thousand levels, depending on the remaining stack.
 */
export const MAX_NESTING = 500;

/** True if a JSON value has more levels than `MAX_NESTING`. Does not recurse. */
export function isNestedTooDeeply(value: unknown): boolean {
	let level: object[] = isContainer(value) ? [value] : [];
	for (let depth = 1; level.length > 0; depth++) {
		if (depth > MAX_NESTING) return true;
		const below: object[] = [];
		for (const container of level) {
			for (const child of Array.isArray(container) ? container : Object.values(container)) {
				if (isContainer(child)) below.push(child);
			}
		}
		level = below;
	}
	return false;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
