/**
 * What `make` makes, made at the first call. For what takes a while to make, as schemas do, and is needed by a request
 * rather than by the start of Directus.
 */
export function once<Value>(make: () => Value): () => Value {
	let made: { value: Value } | undefined;
	return () => (made ??= { value: make() }).value;
}
