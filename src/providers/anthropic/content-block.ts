import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { parseExactly } from '../json/lossless-json.ts';
import { stringOf } from '../json/json.ts';

/** A delta of a kind that nobody knows yet: what it does to its block cannot be told. */
export class UnreadableDelta extends Error {}

/** Whether a block's input is the text of JSON that was cut. Whole inputs are objects. */
export const hasCutInput = ({ type, input }: JsonObject): boolean => type !== 'text' && typeof input === 'string';

/** One content block, from its start through its deltas. */
export class BlockBuilder {
	readonly block: JsonObject;
	closed = false;
	#json = '';

	constructor(start: JsonObject) {
		this.block = { ...start };
	}

	/** Throws `UnreadableDelta` for a kind that is not known. */
	extend(delta: JsonObject): void {
		switch (delta['type']) {
			case 'text_delta':
				this.#append('text', delta['text']);
				return;
			case 'thinking_delta':
				this.#append('thinking', delta['thinking']);
				return;
			case 'input_json_delta':
				this.#json += stringOf(delta['partial_json']);
				return;
			case 'citations_delta':
				this.#cite(delta['citation']);
				return;
			case 'signature_delta':
			case 'compaction_delta':
				this.#set(delta);
				return;
			default:
				throw new UnreadableDelta();
		}
	}

	/** Characters of its JSON, input under way included. */
	weigh(): number {
		return JSON.stringify(this.block).length + (this.closed ? 0 : this.#json.length);
	}

	/**
	 * Reads the input that came in pieces. A tool that takes nothing has no pieces, or empty ones. Input that is not
	 * JSON stays a text.
	 */
	close(): void {
		this.closed = true;
		if (this.#json.trim() === '') return;
		try {
			this.block['input'] = parseExactly(this.#json) as JsonValue;
		} catch {
			this.block['input'] = this.#json;
		}
	}

	#append(name: string, text: JsonValue | undefined): void {
		this.block[name] = stringOf(this.block[name]) + stringOf(text);
	}

	#cite(citation: JsonValue | undefined): void {
		const { citations } = this.block;
		this.block['citations'] = [...(Array.isArray(citations) ? citations : []), citation ?? null];
	}

	/** These deltas hold the final value. */
	#set({ type: _type, ...members }: JsonObject): void {
		Object.assign(this.block, members);
	}
}
