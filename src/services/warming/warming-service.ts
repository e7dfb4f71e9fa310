import type { GenerationRequest, WarmCandidate, WarmJob } from '../../shared/api-types.ts';
import type { Clock } from '../../cache/clock.ts';
import { NotCachedError } from '../../cache/errors.ts';
import { newId } from '../../cache/ids.ts';
import type { Store } from '../../cache/store.ts';
import { WorkBudget } from '../../content/work-budget.ts';
import type { Pricing } from '../../providers/pricing/pricing.ts';
import { apiErrors, namingElement } from '../errors/batch-result.ts';
import type { Asker } from '../generation/read-through.ts';
import { eachBounded } from '../utils/concurrency.ts';
import type { Caller } from '../access/caller.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Exchange } from '../generation/provider-request.ts';
import type { Native } from '../generation/generation-service.ts';
import type { Reviver } from '../generation/request-replayer.ts';
import type { SettingValues } from '../config/settings-schema.ts';
import { asProviderError } from '../errors/provider-failure.ts';
import { isLasting, SkippedRequests } from './skipped-requests.ts';
import { WarmCandidates } from './warm-candidates.ts';
import { etaOf, readJob, writeJob } from './warm-job.ts';

const JOB_LIFE_MS = 24 * 3_600_000;
const MAX_ERRORS = 20;
/** As many as one job may have been asked for. */
const MAX_LEFT_OUT = 1000;

/** How often a job's process says that it works on it. */
const BEAT_MS = 5000;

interface Running {
	job: WarmJob;
	controller: AbortController;
	/** Settles when its last state is saved. */
	ended: Promise<void>;
}

type Outcome = 'generated' | 'already_cached' | 'failed' | 'left_out';

/** Fills the cache before it is asked: within a spending limit, a few at a time, to be watched and stopped. */
export class Warmer {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #asker: Asker;
	readonly #native: Pick<Native, 'prepare'>;
	readonly #pricing: Pick<Pricing, 'outputPrice'>;
	readonly #values: SettingValues;
	readonly #skipped: SkippedRequests;
	readonly #candidates: WarmCandidates;
	readonly #running = new Map<string, Running>();

	constructor(
		store: Store,
		clock: Clock,
		asker: Asker,
		native: Pick<Native, 'prepare'>,
		reviver: Reviver,
		pricing: Pick<Pricing, 'outputPrice'>,
		values: SettingValues,
	) {
		this.#store = store;
		this.#clock = clock;
		this.#asker = asker;
		this.#native = native;
		this.#pricing = pricing;
		this.#values = values;
		this.#skipped = new SkippedRequests(store);
		this.#candidates = new WarmCandidates(store, clock, reviver, this.#skipped, values);
	}

	/** Starts a job with native requests; `budget` in USD, null for none. */
	requests(requests: readonly GenerationRequest[], caller: Caller, budget: number | null): Promise<WarmJob> {
		return this.#start(budget, async () => {
			const { AI_CACHE_BATCH_CONCURRENCY: concurrency } = this.#values;
			const work = new WorkBudget();
			const prepared = await eachBounded(requests, concurrency, (request, index) =>
				this.#native.prepare(request, caller, work).catch((error: unknown) => {
					throw namingElement(error, `requests.${index}`);
				}),
			);
			return prepared.flat().map(({ exchange }) => exchange);
		});
	}

	/** Starts a job with what is asked most, at least twice, and is missing or about to expire. */
	top(count: number, budget: number | null): Promise<WarmJob> {
		return this.#start(budget, async () => {
			const { wanted, skipped } = await this.#candidates.find(count);
			return [...wanted.map(({ exchange }) => exchange), ...skipped];
		});
	}

	async candidates(count: number, showContent: boolean): Promise<WarmCandidate[]> {
		const { wanted } = await this.#candidates.find(count);
		return wanted.map(({ exchange, requested, expiresIn, usd }) => ({
			key: exchange.key,
			provider: exchange.provider,
			model: exchange.model,
			collection: exchange.collection,
			requested,
			state: expiresIn === null ? 'missing' : 'expiring',
			expires_in: expiresIn,
			usd,
			...(showContent && { preview: previewOf(exchange) }),
		}));
	}

	async job(id: string): Promise<WarmJob> {
		const running = this.#running.get(id);
		if (running) return { ...running.job, eta: etaOf(running.job, this.#clock.now()) };
		const saved = await this.#store.getDocument(`warm:${id}`);
		const job = saved === null ? null : readJob(saved, this.#clock.now());
		if (job === null) throw new NotFoundError({ reason: `There is no warming job "${id}"` });
		return job;
	}

	/** Newest first. */
	async jobs(): Promise<WarmJob[]> {
		const now = this.#clock.now();
		const saved = (await this.#store.listDocuments('warm:')).map((job) => readJob(job, now));
		const jobs = new Map(saved.flatMap((job) => (job === null ? [] : [[job.id, job] as const])));
		for (const [id, { job }] of this.#running) jobs.set(id, { ...job, eta: etaOf(job, now) });
		return [...jobs.values()].sort((one, other) => other.started.localeCompare(one.started));
	}

	/** What is under way is aborted; a job of another process is told to stop and does so before its next request. */
	async abort(id: string): Promise<WarmJob> {
		const running = this.#running.get(id);
		if (running) running.controller.abort();
		else await this.#store.putDocument(`warm-abort:${id}`, '1', JOB_LIFE_MS);
		return this.job(id);
	}

	/** Stops what this process works on. Settles once that is saved. */
	async close(): Promise<void> {
		const running = [...this.#running.values()];
		for (const { job, controller } of running) {
			this.#tell(job, 'Its process was stopped');
			controller.abort();
		}
		await Promise.all(running.map(({ ended }) => ended));
	}

	async #start(budget: number | null, find: () => Promise<Exchange[]>): Promise<WarmJob> {
		const exchanges = await find();
		const job: WarmJob = {
			id: newId(),
			state: 'running',
			started: new Date(this.#clock.now()).toISOString(),
			finished: null,
			total: exchanges.length,
			done: 0,
			generated: 0,
			already_cached: 0,
			failed: 0,
			left_out: [],
			spent_usd: 0,
			budget_usd: budget,
			eta: null,
			errors: [],
		};
		const running: Running = { job, controller: new AbortController(), ended: Promise.resolve() };
		this.#running.set(job.id, running);
		await this.#save(job);
		const heart = setInterval(() => void this.#save(job), BEAT_MS);
		heart.unref();
		running.ended = this.#work(running, exchanges)
			.catch(() => {
				job.state = 'failed';
			})
			.then(() => {
				clearInterval(heart);
				return this.#finish(running);
			});
		return { ...job };
	}

	async #work(running: Running, exchanges: readonly Exchange[]): Promise<void> {
		const { job, controller } = running;
		await eachBounded(exchanges, this.#values.AI_CACHE_WARM_CONCURRENCY, async (exchange) => {
			if (await this.#shouldStop(running)) return;
			const outcome = await this.#warm(job, this.#affordable(job, exchange), controller.signal);
			if (outcome !== 'left_out') job[outcome]++;
			job.done++;
			await this.#save(job);
		});
		if (job.state === 'running') job.state = controller.signal.aborted ? 'aborted' : 'done';
	}

	async #shouldStop({ job, controller }: Running): Promise<boolean> {
		if (job.budget_usd !== null && job.spent_usd >= job.budget_usd) job.state = 'over_budget';
		const told = await this.#store.getDocument(`warm-abort:${job.id}`).catch(() => null);
		if (told !== null) controller.abort();
		return job.state === 'over_budget' || controller.signal.aborted;
	}

	async #warm(job: WarmJob, exchange: Exchange, signal: AbortSignal): Promise<Outcome> {
		const known = exchange.uncacheable ?? (await this.#skipped.reasonFor(exchange.key));
		if (known !== null) return this.#leaveOut(job, exchange, known);
		try {
			const answer = await this.#asker.ask(exchange, { signal, wantsLive: false, background: true });
			const { entry, notStored } = await answer.outcome;
			if (answer.status === 'HIT' || answer.status === 'COALESCED') return 'already_cached';
			job.spent_usd += entry.meta.usd;
			if (notStored === null) return 'generated';
			await this.#skipped.note(exchange.key, notStored);
			this.#tell(job, `Not stored: ${notStored}`);
			return 'failed';
		} catch (error) {
			if (signal.aborted) return 'failed';
			if (error instanceof NotCachedError) return this.#leaveOut(job, exchange, unpriced(exchange));
			const { message } = apiErrors(asProviderError(error, exchange.provider))[0]!;
			if (isLasting(error)) await this.#skipped.note(exchange.key, message);
			this.#tell(job, message);
			return 'failed';
		}
	}

	#leaveOut(job: WarmJob, { key, provider, model }: Exchange, reason: string): 'left_out' {
		if (job.left_out.length < MAX_LEFT_OUT) job.left_out.push({ key, model: `${provider}/${model}`, reason });
		return 'left_out';
	}

	#tell(job: WarmJob, message: string): void {
		if (job.errors.length < MAX_ERRORS) job.errors.push(message);
	}

	async #finish({ job }: Running): Promise<void> {
		job.finished = new Date(this.#clock.now()).toISOString();
		job.eta = null;
		await this.#save(job);
		this.#running.delete(job.id);
	}

	#save(job: WarmJob): Promise<void> {
		return this.#store.putDocument(`warm:${job.id}`, writeJob(job, this.#clock.now()), JOB_LIFE_MS).catch(() => {});
	}

	/** Where a price is not known no budget would stop it: then only what is there already will do. */
	#affordable({ budget_usd: budget }: WarmJob, exchange: Exchange): Exchange {
		const { provider, model, directives } = exchange;
		if (budget === null || this.#pricing.outputPrice(provider, model) !== null) return exchange;
		return { ...exchange, directives: { ...directives, mode: 'only-if-cached' } };
	}
}

const unpriced = ({ provider, model }: Exchange): string =>
	`no budget can be kept without a price: AI_CACHE_PRICES names none for ${provider}/${model}`;

const PREVIEW_LENGTH = 160;

/** The last text of the request, which tells requests apart best. */
function previewOf({ body }: Exchange): string {
	const messages = body['messages'] ?? body['input'];
	const last = Array.isArray(messages) ? messages.at(-1) : messages;
	const content = typeof last === 'object' && last !== null && !Array.isArray(last) ? last['content'] : last;
	return (typeof content === 'string' ? content : JSON.stringify(content ?? '')).slice(0, PREVIEW_LENGTH);
}
