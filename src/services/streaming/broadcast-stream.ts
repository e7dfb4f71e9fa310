import type { JsonObject } from '../../shared/api-types.ts';
import type { Headers } from '../../providers/http/headers.ts';
import type { LiveStream } from './live-stream.ts';
import type { Assembly } from './stream-collector.ts';
import { Bell } from './bell.ts';
import { UnusableStream } from '../errors/incomplete-stream.ts';

export interface SharedStreamSource {
	status: number;
	headers: Headers;
	/** As in `LiveStream`. */
	form: string;
	bytes: AsyncIterable<Uint8Array>;
}

interface Follower {
	/** Chunks handed out to it, counted from the stream's first. */
	taken: number;
	/** Whether it asked for a chunk that has not come yet. */
	waiting: boolean;
	/** Whether the others went on without it. */
	leftBehind: boolean;
}

/** Milliseconds in which a follower has to take something while others wait: followers, or whoever waits for the answer. */
const PATIENCE_MS = 30_000;

/**
 * One provider's stream for all who follow it. Reads on only when the fastest follower has drained what there is (and
 * freely while nobody follows, or once all have taken nothing for long); keeps what it read for those who lag or join
 * later. Beyond `maxBytes` nobody joins any more: it keeps what some follower still has to read, no more than that, and
 * goes at the pace of the slowest so that nobody misses a byte; one that takes nothing for long while another waits is
 * left behind, with an error. The answer is assembled until it is whole, or too large by itself.
 */
export class SharedStream implements LiveStream {
	readonly status: number;
	readonly headers: Headers;
	readonly form: string;
	/**
	 * The assembled answer as soon as it is whole. Rejects with `UnusableStream`, `TooLargeError`, or with what the
	 * provider failed with.
	 */
	readonly assembled: Promise<JsonObject>;
	readonly #maxBytes: number;
	readonly #patienceMs: number;
	readonly #followers = new Set<Follower>();
	readonly #arrived = new Bell();
	readonly #drained = new Bell();
	#chunks: Uint8Array[] = [];
	#letGo = 0;
	#kept = 0;
	#overflown = false;
	/** Whether all followers took nothing for long. */
	#asleep = false;
	#complete = false;
	/** Whether the answer is too large, or cannot be put together for another reason. */
	#abandoned = false;
	#ending: { error: Error } | 'properly' | null = null;

	constructor(
		{ status, headers, form, bytes }: SharedStreamSource,
		assembly: Assembly,
		maxBytes: number,
		patienceMs = PATIENCE_MS,
	) {
		this.status = status;
		this.headers = headers;
		this.form = form;
		this.#maxBytes = maxBytes;
		this.#patienceMs = patienceMs;
		this.assembled = new Promise((resolve, reject) => {
			this.#pump(bytes, assembly, resolve, reject).then(
				() => this.#end('properly'),
				(error: unknown) =>
					this.#end({ error: error instanceof Error ? error : new Error('unknown', { cause: error }) }),
			);
		});
		// It is told to whoever waits; nobody may be waiting.
		this.assembled.catch(() => {});
	}

	get complete(): boolean {
		return this.#complete;
	}

	follow(): AsyncIterable<Uint8Array> | null {
		if (this.#overflown || (this.#ending !== null && this.#ending !== 'properly')) return null;
		const follower: Follower = { taken: 0, waiting: false, leftBehind: false };
		this.#followers.add(follower);
		const iterator: AsyncIterator<Uint8Array, undefined> = {
			next: () => this.#next(follower),
			return: async () => {
				this.#leave(follower);
				return { done: true, value: undefined };
			},
		};
		return { [Symbol.asyncIterator]: () => iterator };
	}

	/** Reads the provider's bytes to their end; no further than the answer is wanted where nobody follows. */
	async #pump(
		bytes: AsyncIterable<Uint8Array>,
		assembly: Assembly,
		resolve: (body: JsonObject) => void,
		reject: (error: unknown) => void,
	): Promise<void> {
		try {
			for await (const chunk of bytes) {
				if (this.#kept + chunk.byteLength > this.#maxBytes) this.#overflown = true;
				if (!this.#complete && !this.#abandoned) this.#assemble(() => assembly.push(chunk), resolve, reject);
				if (this.#abandoned && this.#followers.size === 0) return;
				this.#keep(chunk);
				if (this.#followers.size === 0) this.#forget();
				while (!this.#mayReadOn()) await this.#untilDrained();
			}
			if (!this.#complete && !this.#abandoned) this.#assemble(() => assembly.end(), resolve, reject);
			reject(assembly.failure);
		} catch (error) {
			reject(error);
			throw error;
		}
	}

	#assemble(
		take: () => JsonObject | null,
		resolve: (body: JsonObject) => void,
		reject: (error: unknown) => void,
	): void {
		try {
			this.#settle(take(), resolve);
		} catch (error) {
			// Nobody can have the answer; those who follow the stream still have that.
			this.#abandoned = true;
			reject(error);
		}
	}

	#settle(body: JsonObject | null, resolve: (body: JsonObject) => void): void {
		if (body === null) return;
		this.#complete = true;
		resolve(body);
	}

	#keep(chunk: Uint8Array): void {
		this.#chunks.push(chunk);
		this.#kept += chunk.byteLength;
		for (const follower of this.#followers) follower.waiting = false;
		this.#arrived.ring();
	}

	#mayReadOn(): boolean {
		if (this.#followers.size === 0) return true;
		if (this.#overflown && this.#kept > this.#maxBytes) return false;
		return this.#asleep || [...this.#followers].some(({ waiting }) => waiting);
	}

	/** Until a follower has read all that there is or is left behind, or all of them sleep. */
	async #untilDrained(): Promise<void> {
		let before = this.#takenByEach();
		const timer = setInterval(() => {
			const followers = [...this.#followers];
			const standing = followers.filter((one) => !one.waiting && before.get(one) === one.taken);
			if (followers.some(({ waiting }) => waiting)) for (const one of standing) this.#leaveBehind(one);
			else if (standing.length === followers.length) this.#sleep();
			before = this.#takenByEach();
		}, this.#patienceMs);
		await this.#drained.wait();
		clearInterval(timer);
	}

	/** What comes is kept for who wakes up, as far as there is room: those who wait for the answer have it meanwhile. */
	#sleep(): void {
		this.#asleep = true;
		this.#drained.ring();
	}

	#takenByEach(): Map<Follower, number> {
		return new Map([...this.#followers].map((follower) => [follower, follower.taken]));
	}

	#leaveBehind(follower: Follower): void {
		follower.leftBehind = true;
		this.#leave(follower);
	}

	async #next(follower: Follower): Promise<IteratorResult<Uint8Array, undefined>> {
		for (;;) {
			const chunk = this.#chunks[follower.taken - this.#letGo];
			if (chunk) {
				follower.taken++;
				return { done: false, value: chunk };
			}
			if (this.#ending !== null || !this.#followers.has(follower)) return this.#finish(follower);
			follower.waiting = true;
			this.#forget();
			this.#drained.ring();
			await this.#arrived.wait();
		}
	}

	#finish(follower: Follower): IteratorResult<Uint8Array, undefined> {
		this.#leave(follower);
		if (follower.leftBehind) throw new UnusableStream('left_behind');
		if (this.#ending !== null && this.#ending !== 'properly') throw this.#ending.error;
		return { done: true, value: undefined };
	}

	#leave(follower: Follower): void {
		this.#followers.delete(follower);
		this.#forget();
		this.#drained.ring();
	}

	/** Nobody joins an overflown stream: what all its followers have read is wanted no more. */
	#forget(): void {
		if (!this.#overflown) return;
		const wanted = Math.min(...[...this.#followers].map(({ taken }) => taken), this.#letGo + this.#chunks.length);
		for (const chunk of this.#chunks.splice(0, wanted - this.#letGo)) this.#kept -= chunk.byteLength;
		this.#letGo = wanted;
	}

	#end(ending: { error: Error } | 'properly'): void {
		this.#ending = ending;
		this.#arrived.ring();
	}
}
