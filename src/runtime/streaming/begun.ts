/** The same bytes once the first of them are there; null where there are none. Rejects with what they fail with. */
export async function begun(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | null> {
	const iterator = bytes[Symbol.asyncIterator]();
	for (;;) {
		const first = await iterator.next();
		if (first.done) return null;
		if (first.value.byteLength > 0) return continued(first.value, iterator);
	}
}

async function* continued(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
	try {
		yield first;
		for (;;) {
			const next = await iterator.next();
			if (next.done) return;
			yield next.value;
		}
	} finally {
		await iterator.return?.();
	}
}
