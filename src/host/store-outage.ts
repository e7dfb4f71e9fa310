import { describeRefusal } from '../stores/redis/connection/refusals.ts';

export interface StoreOutageOptions {
	log: { warn(message: string): void; info(message: string): void };
	/** Resolves to whether everything works, writing included. May reject. */
	probe: () => Promise<boolean>;
	now: () => number;
	/** Milliseconds between two probes. */
	intervalMs?: number;
}

const INTERVAL_MS = 500;

/** Tells an outage of the store once when it begins and once when it ends, however often something is tried meanwhile. */
export class StoreOutage {
	readonly #options: StoreOutageOptions;
	#reason: string | null = null;
	#since = 0;
	/** Failures reported so far: a probe counts only if none came meanwhile. */
	#failures = 0;
	#timer: NodeJS.Timeout | undefined;
	#stopped = false;

	constructor(options: StoreOutageOptions) {
		this.#options = options;
	}

	/** Why the store does not work now, or null. */
	get reason(): string | null {
		return this.#reason;
	}

	report(error: unknown): void {
		if (this.#stopped) return;
		const reason = describeError(error);
		const begins = this.#reason === null;
		this.#reason = reason;
		this.#failures++;
		if (!begins) return;
		this.#since = this.#options.now();
		this.#options.log.warn(`AI cache: the store reports ${reason}; this is logged again when it works`);
		this.#probeLater();
	}

	/** Ends the outage if the store works again. Never rejects. */
	async probe(): Promise<void> {
		if (this.#reason === null || this.#stopped) return;
		const failures = this.#failures;
		const works = await this.#options.probe().catch(() => false);
		if (!works || failures !== this.#failures || this.reason === null) return;
		this.#reason = null;
		clearTimeout(this.#timer);
		const seconds = Math.round((this.#options.now() - this.#since) / 1000);
		this.#options.log.info(`AI cache: the store works again after ${seconds} s`);
	}

	stop(): void {
		this.#stopped = true;
		clearTimeout(this.#timer);
	}

	#probeLater(): void {
		clearTimeout(this.#timer);
		const next = async (): Promise<void> => {
			await this.probe();
			if (this.#reason !== null && !this.#stopped) this.#probeLater();
		};
		this.#timer = setTimeout(() => void next(), this.#options.intervalMs ?? INTERVAL_MS);
		this.#timer.unref();
	}
}

/** A code if there is one, as messages of connection errors name addresses; nothing that changes with each try. */
export function describeError(error: unknown): string {
	if (!(error instanceof Error)) return 'an unknown error';
	if ('lastNodeError' in error && error.lastNodeError instanceof Error) return describeError(error.lastNodeError);
	if ('code' in error && typeof error.code === 'string') return error.code;
	const sentinels = /^All sentinels are unreachable\..*?(?:Last error: (.*))?$/s.exec(error.message);
	if (sentinels) return `All Sentinels are unreachable${sentinels[1] ? `: ${sentinels[1]}` : ''}`;
	// Of an unknown command Redis repeats the arguments, which may hold a request's text.
	return describeRefusal(error.message) ?? error.message.replace(/, with args .*$/s, '');
}
