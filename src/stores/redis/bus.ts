import type { Clock } from '../../cache/clock.ts';
import type { Tag } from '../../cache/dependencies.ts';
import { newId } from '../../cache/ids.ts';
import { chunks, type Client, type Command, runOne, texts } from './client.ts';
import { Heartbeat, HEARTBEAT_MS, REST_AFTER_MS } from './heartbeat.ts';
import type { Keys } from './keys.ts';
import { ANNOUNCE, BEAT, RAISE_SEQUENCE } from './scripts.ts';

/**
 * How long a process may trust what it knows after it last heard from the bus, and so the longest that an invalidation
 * waits for a process that does not answer.
 */
export const LEASE_MS = 250;
/** Beats under way at a time: as many as the lease has, so that none waits for a Redis that is far away. */
const MAX_UNANSWERED = Math.floor(LEASE_MS / HEARTBEAT_MS);
const TAGS_PER_MESSAGE = 1000;

/** What was revoked. Goes to all, after the number that Redis gave it. */
interface Revocation {
	from: string;
	id: string;
	tags?: Tag[];
	keys?: string[];
	models?: boolean;
}

/** Without a number: generations that ended, to all; what a process says to one, or to itself. */
type Note = { kind: 'done'; keys: string[] } | { kind: 'seen'; id: string; by: string };

/** The keys and parameters that `ANNOUNCE` takes, and a script that does more before all of its own. */
export interface Announcement {
	keys: string[];
	parameters: (string | number)[];
}

/** What such a script answers. */
export type Announced = [number: number, living: unknown];

export const announceCommand = (
	script: string,
	{ keys, parameters }: Announcement,
	moreKeys: readonly string[] = [],
	moreParameters: readonly (string | number)[] = [],
): Command => ['EVAL', script, keys.length + moreKeys.length, ...keys, ...moreKeys, ...parameters, ...moreParameters];

export interface BusEvents {
	revoked(tags: readonly Tag[], keys: readonly string[]): void;
	/** Generations of these keys ended, stored or not. */
	done(keys: readonly string[]): void;
	modelsChanged(): void;
	/** Something may have been missed: forget everything that only the bus keeps true. */
	lost(): void;
}

export interface BusOptions {
	/** Whether this process answers from its own memory, so that others must wait for it. */
	vouching: boolean;
	/** Milliseconds after which a connection that hears nothing of what Redis was sent is made anew. */
	silenceMs: number;
	/** Milliseconds without a look-up after which it is proved only now and then that everything is heard. */
	restAfterMs?: number | undefined;
}

/**
 * Tells all processes what was revoked and waits until each has seen it. A process that does not say so within
 * `LEASE_MS` has lost its right to answer from its own memory by then: it may only while it hears its own heartbeats,
 * which name the last revocation's number, so a beat sent at T proves that everything revoked before T was heard.
 */
export class Bus {
	readonly id = newId();
	readonly #publisher: Client;
	readonly #subscriber: Client;
	readonly #keys: Keys;
	readonly #clock: Clock;
	readonly #options: BusOptions;
	readonly #events: BusEvents;
	readonly #unseen = new Map<string, { seenBy: Set<string>; check: () => void }>();
	readonly #sent = new Map<string, { wall: number; steady: number }>();
	/** Sending time of the last beat that was heard, by a clock that people set and by one that only runs. */
	#heard = { wall: -Infinity, steady: -Infinity };
	/** The last revocation's number, as far as all before it were heard. */
	#number: number | null = null;
	/** Who waits to know whether all was heard, and the sending time of the first beat that tells. */
	readonly #hearing: { since: number; tell: (hears: boolean) => void }[] = [];
	/** The highest number ever heard of. */
	#highest = 0;
	readonly #heartbeat: Heartbeat;
	#unanswered = 0;
	/** When something was last heard, or may have been from then on, where beats were answered since; else null. */
	#silentSince: number | null = null;

	constructor(publisher: Client, subscriber: Client, keys: Keys, clock: Clock, options: BusOptions, events: BusEvents) {
		this.#publisher = publisher;
		this.#subscriber = subscriber;
		this.#keys = keys;
		this.#clock = clock;
		this.#options = options;
		this.#events = events;
		this.#heartbeat = new Heartbeat(() => this.#beat(), options.restAfterMs ?? REST_AFTER_MS);
	}

	/** Whether what this process knows may still be trusted, which is made sure of for as long as this is asked. */
	get current(): boolean {
		return this.currentAt(this.#clock.now());
	}

	/** The same for a caller that looked at the clock just now: looking again would take as long as the rest of a hit. */
	currentAt(now: number): boolean {
		this.#heartbeat.want();
		return this.#isCurrentAt(now);
	}

	/** Whether it is, or would be as soon as anybody asks. */
	get up(): boolean {
		if (!this.#heartbeat.resting) return this.#isCurrentAt(this.#clock.now());
		return this.#number !== null && this.#subscriber.status === 'ready';
	}

	/** A machine that slept shows in one clock or the other. */
	#isCurrentAt(now: number): boolean {
		const { wall, steady } = this.#heard;
		const passed = now - wall;
		return passed < LEASE_MS && passed >= 0 && performance.now() - steady < LEASE_MS;
	}

	/**
	 * Whether everything was heard that others have finished to revoke: at once where this process is `current`, else with
	 * its next beat, as where it was busy or rested; false once it has lost the bus. Nobody waits for a process that does
	 * not vouch.
	 */
	hears(): Promise<boolean> {
		if (this.#number === null) return Promise.resolve(false);
		const since = performance.now() - (this.#options.vouching ? LEASE_MS : 0);
		return new Promise((tell) => {
			this.#hearing.push({ since, tell });
			this.#heartbeat.want();
			this.#tellWhoeverMayKnow();
		});
	}

	start(): void {
		this.#subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.#receive(message.toString()));
		this.#subscriber.on('close', () => this.#lose());
		this.#subscriber.on('ready', () => void this.#subscribe());
		this.#subscriber.connect().catch(() => {});
		this.#heartbeat.start();
	}

	/** Settles when every process has seen it, or can no longer act on what it missed. */
	async revoke(tags: readonly Tag[], keys: readonly string[] = [], models = false): Promise<void> {
		const parts = [...chunks(tags, TAGS_PER_MESSAGE)];
		const messages = parts.length > 0 ? parts.map((part) => ({ tags: part })) : [{}];
		const publish = async (announcement: Announcement): Promise<Announced> =>
			(await runOne(this.#publisher, announceCommand(ANNOUNCE, announcement))) as Announced;
		await Promise.all(
			messages.map((part, index) => {
				const withKeys = index === 0 && keys.length > 0 && { keys: [...keys] };
				return this.#announce({ ...part, ...withKeys, ...(models && { models }) }, publish);
			}),
		);
	}

	/** The same where a script takes the tags' tokens away and announces that at once: run for each part of the tags. */
	async revokeBy(
		script: (part: readonly Tag[], announcement: Announcement) => Promise<Announced>,
		tags: readonly Tag[],
	) {
		const parts = [...chunks(tags, TAGS_PER_MESSAGE)];
		await Promise.all(
			parts.map((part) => this.#announce({ tags: part }, (announcement) => script(part, announcement))),
		);
	}

	/**
	 * Whether Redis knows of fewer revocations than this process heard of: it came back from an older snapshot, or is a
	 * replica that lagged, and tokens that were taken away are there again. Answers how many it should know, else null.
	 */
	async lostRevocations(): Promise<number | null> {
		const highest = this.#highest;
		const known = Number((await this.#publisher.get(this.#keys.sequence)) ?? 0);
		this.#highest = Math.max(this.#highest, known);
		return known < highest ? highest : null;
	}

	/** To be called once everything was revoked for it, so that no other process does so again. */
	async acknowledgeLoss(number: number): Promise<void> {
		await runOne(this.#publisher, ['EVAL', RAISE_SEQUENCE, 1, this.#keys.sequence, number]);
	}

	/** Tells everybody, and waits for nobody. */
	done(keys: readonly string[]): void {
		this.#send(this.#keys.bus, { kind: 'done', keys: [...keys] });
	}

	close(): void {
		this.#heartbeat.stop();
		this.#lose();
		this.#subscriber.disconnect();
	}

	async #announce(
		part: Omit<Revocation, 'from' | 'id'>,
		publish: (announcement: Announcement) => Promise<Announced>,
	): Promise<void> {
		const { bus, sequence, processes } = this.#keys;
		const id = newId();
		const message = JSON.stringify({ ...part, from: this.id, id } satisfies Revocation);
		const waiting = { seenBy: new Set<string>(), check: () => {} };
		this.#unseen.set(id, waiting);
		let deadline: NodeJS.Timeout | undefined;
		try {
			const [number, living] = await publish({ keys: [sequence, processes], parameters: [bus, message, 2 * LEASE_MS] });
			const needed = texts(living);
			this.#highest = Math.max(this.#highest, number);
			await new Promise<void>((resolve) => {
				// Only from here: a lease that began before the message was published proves nothing.
				deadline = setTimeout(resolve, LEASE_MS);
				waiting.check = () => {
					if (needed.every((process) => waiting.seenBy.has(process))) resolve();
				};
				waiting.check();
			});
		} finally {
			clearTimeout(deadline);
			this.#unseen.delete(id);
		}
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
		if (this.#publisher.status !== 'ready' || this.#unanswered >= MAX_UNANSWERED) return;
		const id = newId();
		this.#sent.set(id, { wall: this.#clock.now(), steady: performance.now() });
		if (this.#sent.size > 100) this.#sent.delete(this.#sent.keys().next().value!);
		const { sequence, processes } = this.#keys;
		const member = this.#options.vouching ? this.id : '';
		const beat = ['EVAL', BEAT, 2, sequence, processes, this.#keys.mailbox(this.id), id, member] satisfies Command;
		this.#unanswered++;
		runOne(this.#publisher, beat)
			.then(() => this.#listen())
			.catch(() => {})
			.finally(() => this.#unanswered--);
	}

	/** A connection that hears nothing while Redis answers another is dead, though nobody has closed it. */
	#listen(): void {
		const now = performance.now();
		if (this.#subscriber.status !== 'ready') this.#silentSince = null;
		else this.#silentSince ??= now;
		if (this.#silentSince === null || now - this.#silentSince < this.#options.silenceMs) return;
		this.#silentSince = now;
		this.#subscriber.disconnect(true);
	}

	#send(channel: string, note: Note): void {
		if (this.#publisher.status !== 'ready') return;
		this.#publisher.publish(channel, JSON.stringify(note)).catch(() => {});
	}

	#lose(): void {
		this.#heard = { wall: -Infinity, steady: -Infinity };
		this.#number = null;
		this.#events.lost();
		for (const { tell } of this.#hearing.splice(0)) tell(false);
	}

	#tellWhoeverMayKnow(): void {
		if (!this.#isCurrentAt(this.#clock.now())) return;
		for (const one of this.#hearing.splice(0)) {
			if (one.since <= this.#heard.steady) one.tell(true);
			else this.#hearing.push(one);
		}
	}

	#receive(message: string): void {
		this.#silentSince = null;
		if (message.startsWith('{')) {
			this.#note(JSON.parse(message) as Note);
			return;
		}
		const space = message.indexOf(' ');
		const number = Number(message.slice(0, space));
		const rest = message.slice(space + 1);
		if (rest.startsWith('{')) this.#revoked(number, JSON.parse(rest) as Revocation);
		else this.#heardBeat(number, rest);
	}

	#note(note: Note): void {
		if (note.kind === 'done') this.#events.done(note.keys);
		else this.#seen(note.id, note.by);
	}

	/** Where a number was skipped, the next beat will say that it is ahead. */
	#revoked(number: number, { from, id, tags, keys, models }: Revocation): void {
		this.#highest = Math.max(this.#highest, number);
		if (this.#number !== null && number === this.#number + 1) this.#number = number;
		this.#events.revoked(tags ?? [], keys ?? []);
		if (models) this.#events.modelsChanged();
		if (from === this.id) this.#seen(id, this.id);
		else if (this.#options.vouching) this.#send(this.#keys.mailbox(from), { kind: 'seen', id, by: this.id });
	}

	#heardBeat(number: number, id: string): void {
		const sent = this.#sent.get(id);
		if (sent === undefined) return;
		this.#sent.delete(id);
		if (this.#number !== number) this.#events.lost();
		this.#number = number;
		this.#highest = Math.max(this.#highest, number);
		if (sent.steady > this.#heard.steady) this.#heard = sent;
		this.#tellWhoeverMayKnow();
	}

	/** An answer may overtake the reply that tells whose answers to wait for. */
	#seen(id: string, by: string): void {
		const waiting = this.#unseen.get(id);
		if (waiting === undefined) return;
		waiting.seenBy.add(by);
		waiting.check();
	}
}
