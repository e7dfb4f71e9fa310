import type { Bus } from './bus.ts';
import { type Client, holdersOf, isCluster, onConnection } from './client.ts';
import type { Keys } from './keys.ts';

/** Which Redis answers, as of which connection. */
interface Sight {
	connections: number;
	/** Empty where that is not told. */
	run: string;
}

/**
 * Tells whether Redis lost the last revocations: it came back from an older snapshot, or is a replica that lagged, and
 * tokens that were taken away are there again. The numbers that this process heard say so, but not for each node of a
 * cluster; where Redis was started again while no process was there to hear any, nobody can know.
 */
export class Witness {
	readonly #client: Client;
	readonly #keys: Keys;
	readonly #bus: Bus;
	#connections = 1;
	/** The last that was found to have lost nothing, or made good for. */
	#vouched: Sight | null = null;
	/** Still to be vouched for. */
	#seen: Sight | null = null;
	/** The number that Redis should know, where it does not. */
	#lost: number | null = null;

	constructor(client: Client, keys: Keys, bus: Bus) {
		this.#client = client;
		this.#keys = keys;
		this.#bus = bus;
		onConnection(client, () => this.#connections++);
	}

	/** To be asked after each connection, before anything is read. */
	async mayHaveLost(): Promise<boolean> {
		const connections = this.#connections;
		this.#lost = await this.#bus.lostRevocations();
		if (this.#vouched?.connections === connections) return this.#lost !== null;
		const run = await this.#currentRun();
		this.#seen = { connections, run };
		return this.#lost !== null || (await this.#isUnknown(run));
	}

	/** To be called once what was lost is made good: no process has to do so again. */
	async vouch(): Promise<void> {
		if (this.#lost !== null) await this.#bus.acknowledgeLoss(this.#lost);
		if (this.#seen === null) return;
		if (this.#seen.run !== '') await this.#client.set(this.#keys.run, this.#seen.run);
		this.#vouched = this.#seen;
		this.#seen = null;
	}

	/** Whether it may be another run of Redis than any process has seen, before which something was lost. */
	async #isUnknown(run: string): Promise<boolean> {
		// What a single Redis lost is known by the numbers to whoever was there.
		if (run === '' || (this.#vouched !== null && !isCluster(this.#client))) return false;
		if (run === (this.#vouched?.run ?? (await this.#client.get(this.#keys.run)))) return false;
		return !(await this.#losesNothing());
	}

	/** Empty where that is not told. */
	async #currentRun(): Promise<string> {
		const nodes = await holdersOf(this.#client);
		const runs = await Promise.all(nodes.map((node) => node.info('server')));
		const ids = runs.map((info) => /^run_id:(\w+)/m.exec(info)?.[1] ?? '');
		return ids.includes('') ? '' : ids.sort().join(' ');
	}

	/** Whether it writes each command to disk before it answers it. Its user may not be allowed to ask. */
	async #losesNothing(): Promise<boolean> {
		if (isCluster(this.#client)) return false;
		try {
			const persistence = await this.#client.info('persistence');
			const [, policy] = await this.#client.config('GET', 'appendfsync');
			return persistence.includes('aof_enabled:1') && policy === 'always';
		} catch {
			return false;
		}
	}
}
