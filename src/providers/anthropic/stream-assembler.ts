import type { JsonObject } from '../../shared/api-types.ts';
import { classifyEnding, laterEnding, readEnding } from '../shared/ending.ts';
import { isErrorBody } from '../shared/error-body.ts';
import { isObject, isPresent, objectOf, parseObject } from '../json/json.ts';
import { replaceMembers } from '../shared/merge-members.ts';
import type { StreamAssembler } from '../adapter.ts';
import { saysNothing } from '../http/sse.ts';
import { BlockBuilder, hasCutInput, UnreadableDelta } from './content-block.ts';

/**
 * Builds a `message` from its stream. It is complete after `message_stop`, or after a proper end of the stream with a
 * stop reason. Every block must be closed. Only a message cut by a limit may have an input that is not JSON. Unknown
 * events are ignored, as Anthropic asks, but an unknown delta makes its block unreadable.
 * https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export function messageAssembler(): StreamAssembler {
	const stream = new MessageStream();
	return {
		push({ event, data }) {
			if (saysNothing({ event, data })) return;
			const message = parseObject(data);
			if (message) stream.take(message, event);
			else stream.failure ??= 'malformed';
		},
		end: () => (stream.ended = true),
		weigh: () => stream.weigh(),
		result: () => stream.result(),
	};
}

class MessageStream {
	failure: string | null = null;
	/** True if the provider's bytes ended properly. */
	ended = false;
	#message: JsonObject | null = null;
	#stopped = false;
	readonly #blocks: BlockBuilder[] = [];

	take(event: JsonObject, name: string | undefined): void {
		const type = event['type'] ?? name;
		if (isErrorBody({ ...event, type: type ?? null })) this.failure ??= 'error_event';
		else if (type === 'message_start') this.#start(event);
		else if (this.#message) this.#continue(type, event, this.#message);
	}

	weigh(): number {
		return this.#blocks.reduce((sum, block) => sum + block.weigh(), JSON.stringify(this.#message).length);
	}

	result(): ReturnType<StreamAssembler['result']> {
		const reason = this.failure ?? this.#unfinished();
		if (reason !== null || !this.#message) return { complete: false, reason: reason ?? 'cut' };
		return { complete: true, body: { ...this.#message, content: this.#blocks.map((block) => block.block) } };
	}

	/** Puts `usage` last, so that members added by the end follow it. The replay sends those at the end again. */
	#start(event: JsonObject): void {
		if (this.#message || !isObject(event['message'])) {
			this.failure ??= 'malformed';
			return;
		}
		const { usage = {}, ...message } = event['message'];
		this.#message = { ...message, usage };
	}

	#continue(type: unknown, event: JsonObject, message: JsonObject): void {
		if (type === 'content_block_start') this.#open(event);
		else if (type === 'content_block_delta') this.#extend(event);
		else if (type === 'content_block_stop') this.#close(event);
		else if (type === 'message_delta') mergeEnd(message, event);
		else if (type === 'message_stop') this.#stopped = true;
	}

	#open(event: JsonObject): void {
		if (event['index'] !== this.#blocks.length || !isObject(event['content_block'])) this.failure ??= 'malformed';
		else this.#blocks.push(new BlockBuilder(event['content_block']));
	}

	#extend(event: JsonObject): void {
		const block = this.#blockOf(event);
		try {
			if (block && isObject(event['delta'])) block.extend(event['delta']);
			else this.failure ??= 'malformed';
		} catch (error) {
			if (!(error instanceof UnreadableDelta)) throw error;
			this.failure ??= 'unknown_delta';
		}
	}

	#close(event: JsonObject): void {
		const block = this.#blockOf(event);
		if (block) block.close();
		else this.failure ??= 'malformed';
	}

	#blockOf({ index }: JsonObject): BlockBuilder | undefined {
		return typeof index === 'number' ? this.#blocks[index] : undefined;
	}

	#unfinished(): string | null {
		const ending = readEnding(this.#message?.['stop_reason']);
		const stopped = this.#stopped || (this.ended && ending !== null);
		if (!this.#message || !stopped || !this.#blocks.every((block) => block.closed)) return 'cut';
		const cutInput = this.#blocks.some(({ block }) => hasCutInput(block));
		return cutInput && classifyEnding(ending) !== 'truncated' ? 'malformed' : null;
	}
}

/**
 * Merges the end into the message. `delta` replaces the values from the start. `usage` is cumulative:
 * members that it omits keep their value.
 */
function mergeEnd(message: JsonObject, { type: _type, delta, usage, ...others }: JsonObject): void {
	const { stop_reason: ending, ...members } = objectOf(delta);
	const total: JsonObject = { ...objectOf(message['usage']) };
	for (const [name, value] of Object.entries(objectOf(usage))) {
		if (isPresent(value) || total[name] === undefined) total[name] = value;
	}
	message['usage'] = total;
	message['stop_reason'] = laterEnding(message['stop_reason'], ending);
	replaceMembers(message, { ...others, ...members });
}
