import type { ContentChange } from '../../src/cache/tags/tags.ts';
import type { GenerationRequest, InvalidationCriteria } from '../../src/shared/api-types.ts';
import type { UpstreamAnswer } from '../../src/providers/http/http-client.ts';
import type { FakeClock } from '../support/clock.ts';
import { announce, completion, type startArticles, user } from '../services/support/articles.ts';
import type { randomFrom } from './reference-model.ts';

type Process = ReturnType<typeof startArticles>;

const ITEMS = ['1', '2', '3', '4'];
const USERS = ['ann', 'bob'];
/** How long after a change its requests take the answer from before, where they take it at all. */
const PATIENCE_SECONDS = 20;

/** What an answer says: which call it was made by, what that was asked, and every title as it stood then. */
interface Made {
	call: number;
	prompt: string;
	titles: Record<string, number>;
}

/** A question, and the articles that its answer depends on. */
interface Question {
	request: GenerationRequest;
	items: readonly string[];
	/** Whether its text holds its item's title. */
	template: boolean;
}

/** What was acknowledged when an answer was asked for. */
interface Known {
	at: number;
	/** Last title by article. */
	titles: ReadonlyMap<string, number>;
	/** By question: the last call before it was purged. */
	purged: ReadonlyMap<Question, number>;
	/** How many saves were acknowledged before anything began that no answer from before one of these may outlive. */
	wiped: number;
}

const declared = (items?: string[]): Question => ({
	request: {
		provider: 'openai',
		model: 'gpt-4o-mini',
		prompt: `Said elsewhere of ${items?.join() ?? 'all'}`,
		collection: 'articles',
		...(items && { items, fields: ['title'] }),
	},
	items: items ?? ITEMS,
	template: false,
});

const questions: readonly Question[] = [
	...ITEMS.map((item) => ({ request: announce(item), items: [item], template: true })),
	...ITEMS.map((item) => declared([item])),
	declared(),
];

/** Processes that generate, edit, purge and refresh at random, and hold every answer against what is true. */
export class RefreshingSite {
	readonly tally = { answers: 0, hits: 0, stale: 0, saves: 0, wipes: 0 };
	readonly #processes: readonly Process[];
	readonly #clock: FakeClock;
	readonly #random: ReturnType<typeof randomFrom>;
	/** By article: each title, when it was acknowledged, as which of all, and how many calls came before it. */
	readonly #saved = new Map<string, { title: number; at: number; order: number; calls: number }[]>(
		ITEMS.map((item) => [item, []]),
	);
	readonly #purged = new Map<Question, number>();
	/** By user and article: the titles that were rendered for them. */
	readonly #seen = new Map<string, Set<number>>();
	readonly #busy = new Set<string>();
	#wiped = 0;
	#calls = 0;
	#titles = 0;

	/** `processes` share their store, their clock and their articles' titles. */
	constructor(processes: readonly Process[], random: ReturnType<typeof randomFrom>) {
		this.#processes = processes;
		this.#clock = processes[0]!.clock;
		this.#random = random;
		for (const item of ITEMS) this.#content.set(item, 'v0');
		for (const { upstream } of processes) upstream.call = ({ body }) => this.#generate(body as Buffer);
	}

	/** Answers of content that were made again. */
	async refreshed(): Promise<number> {
		const [{ store }] = this.#processes as [Process];
		const days = await store.readStats('day', 0, this.#clock.now() + 1);
		return days.flatMap(({ rows }) => rows).reduce((sum, { deltas }) => sum + (deltas['refreshed'] ?? 0), 0);
	}

	/** One thing after another; several of these may run at once. */
	async run(steps: number): Promise<void> {
		for (let step = 0; step < steps; step++) {
			const die = this.#random();
			if (die < 0.6) await this.#ask();
			else if (die < 0.74) await this.#save();
			else if (die < 0.78) await this.#pick(this.#processes).repeat(this.#pick(ITEMS));
			else if (die < 0.9) await this.#pass();
			else if (die < 0.98) await this.#look();
			else await this.#wipe();
		}
	}

	get #content(): Map<string, string> {
		return this.#processes[0]!.titles;
	}

	async #ask(): Promise<void> {
		const question = this.#pick(questions);
		const who = this.#pick(USERS);
		const patient = this.#random() < 0.5;
		const known = this.#known();
		const { template, items, request } = question;
		if (template) this.#seenBy(who, items[0]!).add(titleIn(this.#content.get(items[0]!)!));
		const cache = patient ? { stale_while_revalidate: PATIENCE_SECONDS } : {};
		const { status, text } = await this.#pick(this.#processes).ask({ ...request, cache }, user(who));
		const made = madeIn(text);
		this.tally.answers++;
		if (status === 'HIT') this.tally.hits++;
		if (status === 'STALE') this.tally.stale++;
		const wrong =
			status !== 'STALE'
				? wrongIfFresh(made, question, known)
				: patient
					? this.#wrongIfStale(made, question, known, who)
					: 'which takes no answer from before';
		if (wrong !== null) throw new Error(`${status} for ${who} to ${request.prompt}, ${items.join()}: ${wrong}`);
	}

	#known(): Known {
		return {
			at: this.#clock.now(),
			titles: new Map(ITEMS.map((item) => [item, this.#saved.get(item)!.at(-1)?.title ?? 0])),
			purged: new Map(this.#purged),
			wiped: this.#wiped,
		};
	}

	/** From before a change of no longer ago than the request allows, and from after all that wipes out. */
	#wrongIfStale(made: Made, question: Question, known: Known, who: string): string | null {
		const { items, template } = question;
		const from = known.purged.get(question) ?? 0;
		if (made.call <= from) return `of call ${made.call}, purged after ${from}`;
		for (const item of items) {
			const title = template ? titleIn(made.prompt) : made.titles[item]!;
			// A text may be rendered a moment before a change and asked for after it: that one did not take its answer.
			const left = this.#saved.get(item)!.find((saved) => saved.title > title && saved.calls >= made.call);
			if (left && left.order <= known.wiped) return `with title ${title} of article ${item}, wiped out since`;
			if (left && left.at + PATIENCE_SECONDS * 1000 < known.at)
				return `with title ${title} of article ${item}, gone since ${known.at - left.at} ms`;
			if (template && !this.#seenBy(who, item).has(title)) return `with title ${title}, which they never read`;
		}
		return null;
	}

	async #save(): Promise<void> {
		const item = this.#pick(ITEMS);
		await this.#change(item, (process, title) => process.save(item, `v${title}`));
	}

	/** Writes an article's next title; false where it is being written. */
	async #change(item: string, write: (process: Process, title: number) => Promise<void>): Promise<boolean> {
		if (this.#busy.has(item)) return false;
		this.#busy.add(item);
		const title = ++this.#titles;
		const calls = this.#calls;
		await write(this.#pick(this.#processes), title);
		this.#saved.get(item)!.push({ title, at: this.#clock.now(), order: ++this.tally.saves, calls });
		this.#busy.delete(item);
		return true;
	}

	/** Lets some seconds go by, and each process do what is due then. */
	async #pass(): Promise<void> {
		this.#clock.advanceSeconds(Math.floor(this.#random() * 6));
		await Promise.all(this.#processes.map(({ refresher }) => refresher.refreshDue()));
	}

	/** What each process does by itself now and then. */
	async #look(): Promise<void> {
		for (const { recorder, kept } of this.#processes) {
			await recorder.flush();
			await kept.look();
		}
	}

	/** A purge, a deletion of an article that comes again at once, or a change of who may do what. */
	async #wipe(): Promise<void> {
		const item = this.#pick(ITEMS);
		const { saves } = this.tally;
		const die = this.#random();
		if (die < 0.6) await this.#purge(item, this.#calls);
		else if (die < 0.8) {
			const [gone, come] = (['delete', 'create'] as const).map((kind) => ({
				kind,
				collection: 'articles',
				items: [item],
			}));
			if (!(await this.#change(item, (process, title) => process.save(item, `v${title}`, [gone!, come!])))) return;
		} else {
			const change: ContentChange = { kind: 'delete', collection: 'directus_permissions', items: ['1'] };
			await this.#pick(this.#processes).invalidator.changed([change], { cause: 'event' });
		}
		this.#wiped = Math.max(this.#wiped, saves);
		this.tally.wipes++;
	}

	async #purge(item: string, from: number): Promise<void> {
		const [criteria, isMet] = this.#pick<[InvalidationCriteria, (question: Question) => boolean]>([
			[{ provider: 'openai' }, () => true],
			[{ collection: 'articles' }, () => true],
			[{ collection: 'articles', items: [item] }, ({ items }) => items.length === 1 && items[0] === item],
			[{ tags: ['elsewhere'] }, () => false],
		]);
		await this.#pick(this.#processes).invalidator.purge(criteria, { cause: 'purge' });
		for (const question of questions.filter(isMet)) {
			this.#purged.set(question, Math.max(this.#purged.get(question) ?? 0, from));
		}
	}

	/** The provider: says what is true when it is called, and takes a while. */
	async #generate(body: Buffer): Promise<UpstreamAnswer> {
		const { messages } = JSON.parse(body.toString()) as { messages: { content: string }[] };
		const titles = Object.fromEntries([...this.#content].map(([item, title]) => [item, titleIn(title)]));
		const made: Made = { call: ++this.#calls, prompt: messages.at(-1)?.content ?? '', titles };
		for (let turns = Math.floor(this.#random() * 8); turns > 0; turns--) await turn();
		return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(completion(JSON.stringify(made)))) };
	}

	#seenBy(who: string, item: string): Set<number> {
		const name = `${who}/${item}`;
		const seen = this.#seen.get(name) ?? new Set();
		this.#seen.set(name, seen);
		return seen;
	}

	#pick<Value>(values: readonly Value[]): Value {
		return values[Math.floor(this.#random() * values.length)]!;
	}
}

/** No older than what was acknowledged when it was asked. */
function wrongIfFresh(made: Made, question: Question, { titles, purged }: Known): string | null {
	const { items, template } = question;
	const from = purged.get(question) ?? 0;
	if (made.call <= from) return `of call ${made.call}, purged after ${from}`;
	for (const item of items) {
		const title = template ? titleIn(made.prompt) : made.titles[item]!;
		if (title < titles.get(item)!) return `with title ${title} of article ${item}, which was ${titles.get(item)}`;
	}
	return null;
}

const titleIn = (text: string): number => Number(/v(\d+)/.exec(text)?.[1]);

function madeIn(text: string): Made {
	const { choices } = JSON.parse(text) as { choices: { message: { content: string } }[] };
	return JSON.parse(choices[0]!.message.content) as Made;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
