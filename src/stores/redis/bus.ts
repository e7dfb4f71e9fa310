import type { Clock } from '../../cache/clock.ts';
import type { Tag } from '../../cache/dependencies.ts';
import { newId } from '../../cache/ids.ts';
import { Cluster } from 'ioredis';
import { chunks, type Client, number, run } from './client.ts';
import type { Keys } from './keys.ts';

/**
 * How long a process may trust what it knows after it last heard from the bus, and so the longest that an invalidation
 * waits for a process that does not answer.
 */
export const LEASE_MS = 250;
const HEARTBEAT_MS = 60;
const TAGS_PER_MESSAGE = 1000;

type Message =
	| { kind: 'revoke'; from: string; id: string; tags?: Tag[]; keys?: string[]; models?: boolean }
	| { kind: 'done'; key: string };
type Letter = { kind: 'beat'; at: number } | { kind: 'seen'; id: string };

export interface BusEvents {
	revoked(tags: readonly Tag[], keys: readonly string[]): void;
	done(key: string): void;
	modelsChanged(): void;
	/** The subscription is gone: forget everything that only the bus keeps true. */
	lost(): void;
}

/**
 * Tells all processes what was revoked and waits until each has seen it. A process that does not say so within
 * `LEASE_MS` has lost its right to answer from its own memory by then: its heartbeat goes through the same subscription,
 * in order, so hearing a beat sent at T means that everything published before T was heard too.
 */
export class Bus {
	readonly id = newId();
	readonly #publisher: Client;
	readonly #subscriber: Client;
	readonly #keys: Keys;
	readonly #clock: Clock;
	readonly #events: BusEvents;
	readonly #unseen = new Map<string, { missing: number; seen: () => void }>();
	#heard = -Infinity;
	#timer: NodeJS.Timeout | undefined;

	constructor(publisher: Client, subscriber: Client, keys: Keys, clock: Clock, events: BusEvents) {
		this.#publisher = publisher;
		this.#subscriber = subscriber;
		this.#keys = keys;
		this.#clock = clock;
		this.#events = events;
	}

	/** Whether what this process knows may still be trusted. */
	get current(): boolean {
		return this.#clock.now() - this.#heard < LEASE_MS;
	}

	start(): void {
		this.#subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.#receive(message));
		this.#subscriber.on('close', () => this.#lose());
		this.#subscriber.on('ready', () => void this.#subscribe());
		this.#subscriber.connect().catch(() => {});
		this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
		this.#timer.unref();
	}

	/** Settles when every process has seen it, or can no longer act on what it missed. */
	async revoke(tags: readonly Tag[], keys: readonly string[] = [], models = false): Promise<void> {
		const parts = [...chunks(tags, TAGS_PER_MESSAGE)];
		const messages = parts.length > 0 ? parts.map((part) => ({ tags: part })) : [{}];
		await Promise.all(
			messages.map((part, index) =>
				this.#announce({
					...part,
					...(index === 0 && keys.length > 0 && { keys: [...keys] }),
					...(models && { models }),
				}),
			),
		);
	}

	done(key: string): void {
		this.#publisher.publish(this.#keys.bus, JSON.stringify({ kind: 'done', key } satisfies Message)).catch(() => {});
	}

	close(): void {
		clearInterval(this.#timer);
		this.#lose();
		this.#subscriber.disconnect();
	}

	async #announce(part: { tags?: Tag[]; keys?: string[]; models?: boolean }): Promise<void> {
		const id = newId();
		let seen = (): void => {};
		const seenByAll = new Promise<void>((resolve) => (seen = resolve));
		const waiting = { missing: 0, seen };
		this.#unseen.set(id, waiting);
		let deadline: NodeJS.Timeout | undefined;
		try {
			waiting.missing += await this.#publish({ kind: 'revoke', from: this.id, id, ...part });
			if (waiting.missing <= 0) return;
			// Only from here: a lease that began before the message was published proves nothing.
			deadline = setTimeout(seen, LEASE_MS);
			await seenByAll;
		} finally {
			clearTimeout(deadline);
			this.#unseen.delete(id);
		}
	}

	async #publish(message: Message): Promise<number> {
		const payload = JSON.stringify(message);
		if (!(this.#publisher instanceof Cluster)) return this.#publisher.publish(this.#keys.bus, payload);
		// A cluster node counts its own subscribers alone (Redis, PUBLISH), so the processes are counted by their beats.
		const since = this.#clock.now() - 2 * LEASE_MS;
		const [, living] = await run(this.#publisher, [
			['PUBLISH', this.#keys.bus, payload],
			['ZCOUNT', this.#keys.processes, since, '+inf'],
		]);
		return number(living);
	}

	async #subscribe(): Promise<void> {
		try {
			await this.#subscriber.subscribe(this.#keys.bus, this.#keys.mailbox(this.id));
			this.#beat();
		} catch {
			this.#lose();
		}
	}

	#beat(): void {
		const now = this.#clock.now();
		this.#send(this.id, { kind: 'beat', at: now });
		if (this.#publisher instanceof Cluster) {
			this.#publisher.zadd(this.#keys.processes, now, this.id).catch(() => {});
		}
	}

	#send(to: string, letter: Letter): void {
		if (this.#publisher.status !== 'ready') return;
		this.#publisher.publish(this.#keys.mailbox(to), JSON.stringify(letter)).catch(() => {});
	}

	#lose(): void {
		if (this.#heard === -Infinity) return;
		this.#heard = -Infinity;
		this.#events.lost();
	}

	#receive(payload: Buffer): void {
		const message = JSON.parse(payload.toString()) as Message | Letter;
		switch (message.kind) {
			case 'beat':
				this.#heard = Math.max(this.#heard, message.at);
				return;
			case 'seen':
				return this.#seen(message.id);
			case 'done':
				return this.#events.done(message.key);
			case 'revoke':
				this.#events.revoked(message.tags ?? [], message.keys ?? []);
				if (message.models) this.#events.modelsChanged();
				if (message.from === this.id) this.#seen(message.id);
				else this.#send(message.from, { kind: 'seen', id: message.id });
		}
	}

	/** An answer may overtake the reply that tells how many to expect, so the count may go below zero first. */
	#seen(id: string): void {
		const waiting = this.#unseen.get(id);
		if (waiting && --waiting.missing === 0) waiting.seen();
	}
}
