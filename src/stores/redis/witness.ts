import type { Bus } from './bus.ts';
import { type Client, isCluster } from './client.ts';
import type { Keys } from './keys.ts';

/**
 * Tells whether Redis lost the last revocations: it came back from an older snapshot, or is a replica that lagged, and
 * tokens that were taken away are there again. The numbers that this process heard say so; where Redis was started again
 * while no process was there to hear any, nobody can know.
 */
export class Witness {
	readonly #client: Client;
	readonly #keys: Keys;
	readonly #bus: Bus;
	/** Which run of Redis this process has seen; null before it has seen any. */
	#run: string | null = null;
	#connectedAnew = true;
	/** The number that Redis should know, where it does not. */
	#lost: number | null = null;

	constructor(client: Client, keys: Keys, bus: Bus) {
		this.#client = client;
		this.#keys = keys;
		this.#bus = bus;
		client.on('ready', () => (this.#connectedAnew = true));
	}

	/** To be asked after each connection, before anything is read. */
	async mayHaveLost(): Promise<boolean> {
		this.#lost = await this.#bus.lostRevocations();
		if (this.#lost !== null) return true;
		if (!this.#connectedAnew || this.#run !== null) return false;
		const run = await this.#currentRun();
		if (run === '' || run === (await this.#client.get(this.#keys.run))) return false;
		return !(await this.#losesNothing());
	}

	/** To be called once what was lost is made good: no process has to do so again. */
	async vouch(): Promise<void> {
		if (this.#lost !== null) await this.#bus.acknowledgeLoss(this.#lost);
		if (!this.#connectedAnew) return;
		this.#connectedAnew = false;
		try {
			const run = await this.#currentRun();
			if (run !== '') await this.#client.set(this.#keys.run, run);
			this.#run = run;
		} catch (error) {
			this.#connectedAnew = true;
			throw error;
		}
	}

	/** Empty where that is not told. */
	async #currentRun(): Promise<string> {
		const nodes = isCluster(this.#client) ? this.#client.nodes('master') : [this.#client];
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
