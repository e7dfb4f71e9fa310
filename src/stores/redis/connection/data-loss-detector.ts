import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../../cache/errors.ts';
import { type Client, holdersOf, isCluster, number, onConnection, runOne, send } from './client.ts';
import type { Keys } from './keys.ts';
import { RAISE_SEQUENCE } from './lua-scripts.ts';

/** Which Redis answers. */
interface Sight {
	/** Of `#doubts`, when it was looked at. */
	doubts: number;
	/** Run id and replication id of each master; empty if they are not told. */
	run: string;
}

/** How long a write proves that Redis is a master, if its user may not ask for the role. */
const PROBE_MS = 250;
/** Milliseconds between connections that are given up because they lead to a replica. */
const RECONNECT_MS = 1000;

/**
 * Finds out whether Redis lost invalidations: it came back from an older snapshot, or another took its place, and tag
 * versions that were removed are there again. Another run or replication id than the one that was vouched for is a loss,
 * and so is a smaller number of the last invalidation than any seen. Replicas are never read from.
 */
export class DataLossDetector {
	readonly #client: Client;
	readonly #keys: Keys;
	readonly #single: boolean;
	readonly #onDoubt = new Set<() => void>();
	/** Counts up with every connection, and whenever something else says that this may be another Redis. */
	#doubts = 1;
	/** The highest number of an invalidation that was ever seen. */
	#highest = 0;
	/** The last that was found to have lost nothing, or made good for. */
	#vouched: Sight | null = null;
	/** Still to be vouched for. */
	#seen: Sight | null = null;
	/** The number that Redis should know, if it does not. */
	#lost: number | null = null;
	#roleRefused = false;
	#reconnectedAt = -Infinity;
	#probe: { at: number; written: Promise<void> } | null = null;

	/** `single`: neither a cluster nor Sentinels stand behind the client. */
	constructor(client: Client, keys: Keys, single: boolean) {
		this.#client = client;
		this.#keys = keys;
		this.#single = single;
		onConnection(client, () => this.#doubt());
	}

	/** Calls back with every connection, the first included, and with every other reason to look again. */
	onDoubt(listener: () => void): void {
		this.#onDoubt.add(listener);
	}

	/** Every read has to bring its value along, for `expectNumber`. */
	get numberName(): string {
		return this.#keys.sequence;
	}

	/** Takes note of the number of an invalidation. */
	noteNumber(value: unknown): void {
		this.#highest = Math.max(this.#highest, number(value) || 0);
	}

	/** To be called when a read is sent; what it returns throws if the number is smaller than one seen until then. */
	expectNumber(): (value: unknown) => void {
		const highest = this.#highest;
		return (value) => {
			this.noteNumber(value);
			if ((number(value) || 0) >= highest || this.#lost !== null) return;
			this.#doubt();
			throw new StoreUnavailableError('Redis has lost invalidations');
		};
	}

	/**
	 * To be sent right behind reads: rejects unless a master answered them. The nodes of a cluster need not be asked: a
	 * replica there sends those who read to its master.
	 */
	async proveMaster(client: Redis): Promise<void> {
		if (this.#roleRefused) return this.#proveByWriting();
		let role: unknown;
		try {
			role = await send(client, ['role']);
		} catch (error) {
			if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
			this.#roleRefused = true;
			return this.#proveByWriting();
		}
		if (!Array.isArray(role) || String(role[0]) !== 'master') this.#refuse();
	}

	/** To be asked after each doubt, before anything is read. */
	async mayHaveLost(): Promise<boolean> {
		const doubts = this.#doubts;
		const run = this.#vouched?.doubts === doubts ? this.#vouched.run : await this.#readRun();
		const known = number(await this.#client.get(this.#keys.sequence)) || 0;
		this.#lost = known < this.#highest ? this.#highest : null;
		this.#highest = Math.max(this.#highest, known);
		this.#seen = { doubts, run };
		return this.#lost !== null || (await this.#isUnknown(run));
	}

	/** To be called once what was lost is made good: no process has to do so again. */
	async vouch(): Promise<void> {
		if (this.#lost !== null) {
			await runOne(this.#client, ['EVAL', RAISE_SEQUENCE, 1, this.#keys.sequence, this.#lost]);
			this.#lost = null;
		}
		if (this.#seen === null) return;
		const { run } = this.#seen;
		if (run !== '' && run !== this.#vouched?.run) await this.#client.set(this.#keys.run, run);
		this.#vouched = this.#seen;
		this.#seen = null;
	}

	#doubt(): void {
		this.#doubts++;
		this.#probe = null;
		for (const listener of this.#onDoubt) listener();
	}

	/** Another address may stand behind the same name by now: the next connection may lead to the master. */
	#refuse(): never {
		this.#doubt();
		const now = performance.now();
		if (!isCluster(this.#client) && now - this.#reconnectedAt >= RECONNECT_MS) {
			this.#reconnectedAt = now;
			this.#client.disconnect(true);
		}
		throw new StoreUnavailableError('Redis is a replica');
	}

	async #proveByWriting(): Promise<void> {
		const now = performance.now();
		if (this.#probe === null || now - this.#probe.at >= PROBE_MS) {
			const written = runOne(this.#client, ['SET', this.#keys.probe, 1, 'PX', 4 * PROBE_MS]).then(() => {});
			this.#probe = { at: now, written };
		}
		try {
			await this.#probe.written;
		} catch (error) {
			this.#probe = null;
			if (error instanceof Error && error.message.startsWith('READONLY')) this.#refuse();
			throw error;
		}
	}

	/** Whether it may be another run of Redis than the one vouched for, before which something was lost. */
	async #isUnknown(run: string): Promise<boolean> {
		if (run === '' || run === this.#vouched?.run) return false;
		if (run === (await this.#client.get(this.#keys.run))) return false;
		return !(await this.#losesNothing());
	}

	/** Rejects if one of the nodes is no master. */
	async #readRun(): Promise<string> {
		const nodes = await holdersOf(this.#client);
		const runs = await Promise.all(
			nodes.map(async (node) => {
				const facts = await Promise.all([node.info('server'), node.info('replication')]);
				const [run, replication, role] = ['run_id', 'master_replid', 'role'].map((name) =>
					factOf(facts.join('\n'), name),
				);
				if (role !== '' && role !== 'master') this.#refuse();
				return run === '' ? '' : `${run}/${replication}`;
			}),
		);
		return runs.includes('') ? '' : runs.sort().join(' ');
	}

	/**
	 * Whether it writes each command to disk before it answers it, and is the very one that did: one that was a replica has
	 * a second replication id. Its user may not be allowed to ask.
	 */
	async #losesNothing(): Promise<boolean> {
		if (isCluster(this.#client) || !this.#single) return false;
		try {
			const [persistence, replication] = await Promise.all([
				this.#client.info('persistence'),
				this.#client.info('replication'),
			]);
			const [, policy] = await this.#client.config('GET', 'appendfsync');
			const wasReplica = !/^0*$/.test(factOf(replication, 'master_replid2'));
			return !wasReplica && persistence.includes('aof_enabled:1') && policy === 'always';
		} catch {
			return false;
		}
	}
}

const factOf = (facts: string, name: string): string => new RegExp(`^${name}:(\\w+)`, 'm').exec(facts)?.[1] ?? '';
