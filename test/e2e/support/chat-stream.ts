/** A `chat.completion.chunk` as JSON, of one choice. */
export const chatChunk = (delta: object, finish_reason: string | null = null): string =>
	JSON.stringify({
		id: 'chatcmpl-1',
		object: 'chat.completion.chunk',
		created: 1,
		model: 'gpt-4o-mini',
		choices: [{ index: 0, delta, finish_reason }],
	});

/** A promise and what settles it. */
export function gate(): { opened: Promise<void>; open: () => void } {
	let open = (): void => {};
	const opened = new Promise<void>((resolve) => (open = resolve));
	return { opened, open };
}
