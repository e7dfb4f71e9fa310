import type { JsonObject } from '../../contract.ts';
import { isObject, isPresent, objectOf, parseObject } from '../json.ts';
import type { StreamAssembler } from '../provider.ts';
import { saysNothing } from '../sse.ts';
import { BlockBuilder, UnreadableDelta } from './block-builder.ts';

/**
 * Builds the `message` that a stream stands for; whole where `message_stop` came and every block was closed. Events of
 * kinds that are not known are passed over, as the provider asks, but a block that they change cannot be trusted.
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
		weigh: () => stream.weigh(),
		result: () => stream.result(),
	};
}

class MessageStream {
	failure: string | null = null;
	#message: JsonObject | null = null;
	#stopped = false;
	readonly #blocks: BlockBuilder[] = [];

	take(event: JsonObject, name: string | undefined): void {
		const type = event['type'] ?? name;
		if (type === 'error' || isPresent(event['error'])) this.failure ??= 'error_event';
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

	#start(event: JsonObject): void {
		if (this.#message || !isObject(event['message'])) this.failure ??= 'malformed';
		else this.#message = { ...event['message'] };
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
		if (!this.#blockOf(event)?.close()) this.failure ??= 'malformed';
	}

	#blockOf({ index }: JsonObject): BlockBuilder | undefined {
		return typeof index === 'number' ? this.#blocks[index] : undefined;
	}

	#unfinished(): string | null {
		if (!this.#message || !this.#stopped || !this.#blocks.every((block) => block.closed)) return 'cut';
		return typeof this.#message['stop_reason'] === 'string' ? null : 'no_stop_reason';
	}
}

/** `delta` replaces what the start could not know; `usage` is cumulative, and says nothing of what it leaves out. */
function mergeEnd(message: JsonObject, { type: _type, delta, usage, ...others }: JsonObject): void {
	for (const [name, value] of Object.entries({ ...others, ...objectOf(delta) })) {
		if (isPresent(value) || message[name] === undefined) message[name] = value;
	}
	const total: JsonObject = { ...objectOf(message['usage']) };
	for (const [name, value] of Object.entries(objectOf(usage))) {
		if (isPresent(value) || total[name] === undefined) total[name] = value;
	}
	message['usage'] = total;
}
