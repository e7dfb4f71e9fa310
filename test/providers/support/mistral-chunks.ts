import type { Mistral } from '@mistralai/mistralai';

type Chunks = Awaited<ReturnType<Mistral['chat']['stream']>>;

/** Mistral's SDK hands out chunks and joins nothing: what they say together is what a caller reads from them. */
export async function readMistralChunks(stream: Chunks): Promise<unknown[]> {
	const choices: { content: string; parts: unknown[]; toolCalls: Call[]; finishReason: string | null }[] = [];
	let usage: unknown;
	for await (const { data } of stream) {
		usage = data.usage ?? usage;
		for (const { index, delta, finishReason } of data.choices) {
			const choice = (choices[index] ??= { content: '', parts: [], toolCalls: [], finishReason: null });
			if (typeof delta.content === 'string') choice.content += delta.content;
			else for (const part of delta.content ?? []) choice.parts.push(...leaves(part));
			for (const call of delta.toolCalls ?? []) addCall(choice.toolCalls, call as Call);
			choice.finishReason = finishReason ?? choice.finishReason;
		}
	}
	return choices.map((choice) => ({ ...choice, usage, ...textOf(choice) }));
}

interface Call {
	id: string;
	function: { name: string; arguments: string };
}

/** The SDK gives a call that goes on the id "null". */
function addCall(calls: Call[], call: Call): void {
	const last = calls.at(-1);
	if (call.id === 'null' && last) last.function.arguments += call.function.arguments;
	else calls.push(call);
}

/** A part's texts and marks apart, so that it does not matter in how many pieces it came. */
function leaves(part: object): unknown[] {
	if ('thinking' in part) return (part.thinking as object[]).map((inner) => ({ thought: inner }));
	return [part];
}

function textOf(choice: { content: string; parts: unknown[] }) {
	const kinds = { thought: '', text: '', marks: [] as unknown[] };
	for (const part of choice.parts as { thought?: { text: string }; text?: string }[]) {
		if (part.thought) kinds.thought += part.thought.text;
		else if (part.text !== undefined) kinds.text += part.text;
		else kinds.marks.push(part);
	}
	return { parts: [], content: kinds.text + choice.content, thought: kinds.thought, marks: kinds.marks };
}
