/** What this browser remembers of `name`; null where that is nothing, or no JSON. */
export function readStored(name: string): unknown {
	try {
		return JSON.parse(localStorage.getItem(`ai-cache-${name}`) ?? 'null');
	} catch {
		return null;
	}
}

/** Remembers `value` in this browser; where it keeps nothing, as in some private windows, until the page is left. */
export function writeStored(name: string, value: unknown): void {
	try {
		localStorage.setItem(`ai-cache-${name}`, JSON.stringify(value));
	} catch {
		// Full, or not allowed.
	}
}
