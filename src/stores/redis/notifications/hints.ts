import { type Client, runOne } from '../connection/client.ts';
import { isHint, parseAs } from '../connection/parse.ts';
import type { Waiters } from '../entries/lease-waiters.ts';

/**
 * Tells other processes that generations ended, so that those who wait for them look at once. A hint that is lost costs
 * them the time until they look by themselves.
 */
export class Hints {
	readonly #publisher: Client;
	readonly #subscriber: Client;
	readonly #channel: string;
	readonly #waiters: Waiters;
	readonly #onError: (error: Error) => void;
	#subscribed = false;

	constructor(
		publisher: Client,
		subscriber: Client,
		channel: string,
		waiters: Waiters,
		onError: (error: Error) => void,
	) {
		this.#publisher = publisher;
		this.#subscriber = subscriber;
		this.#channel = channel;
		this.#waiters = waiters;
		this.#onError = onError;
	}

	/** Whether they arrive, as far as is known. */
	get up(): boolean {
		return this.#subscribed && this.#subscriber.status === 'ready';
	}

	start(): void {
		this.#subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.#receive(message));
		this.#subscriber.on('close', () => (this.#subscribed = false));
		this.#subscriber.on('ready', () => void this.#subscribe());
		this.#subscriber.connect().catch(() => {});
	}

	send(keys: readonly string[]): void {
		if (keys.length === 0 || this.#publisher.status !== 'ready') return;
		runOne(this.#publisher, ['publish', this.#channel, JSON.stringify({ done: keys })]).catch(() => {});
	}

	close(): void {
		this.#subscriber.disconnect();
	}

	async #subscribe(): Promise<void> {
		try {
			await this.#subscriber.subscribe(this.#channel);
			this.#subscribed = true;
		} catch {
			this.#subscribed = false;
		}
	}

	#receive(message: Buffer): void {
		const hint = parseAs(message, isHint);
		for (const key of hint?.done ?? []) this.#waiters.wake(key);
		if (hint !== null) return;
		this.#onError(new Error('a message on the channel of hints is malformed'));
		// It may have stood for any of them.
		this.#waiters.wakeAll();
	}
}
