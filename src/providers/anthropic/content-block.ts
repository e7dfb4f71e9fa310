import type { JsonObject, JsonValue } from '../../shared/api-types.ts';
import { parseExactly } from '../json/lossless-json.ts';
import { stringOf } from '../json/json.ts';

/** Thrown for a delta of an unknown kind, because its effect on the block is unknown. */
export class UnreadableDelta extends Error {}

/** True if a block's input is the text of truncated JSON. Complete inputs are objects. */
export const hasCutInput = ({ type, input }: JsonObject): boolean => type !== 'text' && typeof input === 'string';

/** Builds one content block from its start and its deltas. */
export class BlockBuilder {
	readonly block: JsonObject;
	closed = false;
	#json = '';

	constructor(start: JsonObject) {
		this.block = { ...start };
	}

	/** Applies a delta. Throws `UnreadableDelta` if its kind is unknown. */
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

	/** Returns the length of the block's JSON in characters, including input that is still incomplete. */
	weigh(): number {
		return JSON.stringify(this.block).length + (this.closed ? 0 : this.#json.length);
	}

	/**
	 * Parses the input that arrived in pieces. A tool without parameters sends no pieces or empty ones. Input that is
	 * not JSON stays a text.
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

	/** Sets members that arrive with their final value. */
	#set({ type: _type, ...members }: JsonObject): void {
		Object.assign(this.block, members);
	}
}
