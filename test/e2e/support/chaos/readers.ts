import { setTimeout as wait } from 'node:timers/promises';

import { ADMIN, type DirectusProcess } from '../process.ts';
import type { PingObserver } from './observer.ts';
import { PROVIDER_MS } from './provider.ts';
import { addIncident, type FaultReport } from './report.ts';
import { type Caller, promptFor, readAnswer, type Truth } from './truth.ts';

/** `AI_CACHE_STORE_TIMEOUT`'s default: once to look up, once to store. */
const STORE_BUDGET_MS = 2 * 250;
/** A follower may wait for the end of another's generation and then make its own. */
const PROVIDER_BUDGET_MS = 3 * PROVIDER_MS;
const SLACK_MS = 250;
const TIMEOUT_MS = 30_000;
const MODEL = 'gpt-4o-mini';

export interface ReadingContext {
	truth: Truth;
	process: DirectusProcess;
	observer: PingObserver;
	report: () => FaultReport;
	/** How long after a change was acknowledged the documents allow the state before it, for the current fault. */
	allowedStaleMs: () => number;
	/** When each version of each article was acknowledged. */
	acknowledged: Map<string, number>;
	isStopped: () => boolean;
}

type Way = (article: number) => { path: string; headers: Record<string, string>; body: object };

const WAYS: Record<string, Way> = {
	native: (article) => ({
		path: '/ai-cache/generate',
		headers: {},
		body: { provider: 'openai', model: MODEL, prompt: promptFor(article), collection: 'articles', item: article },
	}),
	compatible: (article) => compatible(article, {}),
	streamed: (article) => compatible(article, { stream: true }),
};

const compatible = (article: number, more: object): ReturnType<Way> => ({
	path: '/ai-cache/openai/v1/chat/completions',
	headers: { 'x-ai-cache-collection': 'articles', 'x-ai-cache-items': String(article) },
	body: { model: MODEL, messages: [{ role: 'user', content: promptFor(article) }], ...more },
});

interface Reply {
	status: number;
	cache: string | null;
	text: string;
}

/** Reads one random article after the other, in random ways and as random callers, and judges each answer. */
export async function readForever(context: ReadingContext): Promise<void> {
	const { truth } = context;
	const articles = [...truth.versions.keys()];
	while (!context.isStopped()) {
		const caller = Math.random() < 0.5 ? null : pick(truth.callers);
		await readOnce(context, pick(articles), pick(Object.keys(WAYS)), caller);
		await wait(Math.random() * 6);
	}
}

async function readOnce(context: ReadingContext, article: number, way: string, caller: Caller | null): Promise<void> {
	const report = context.report();
	const version = context.truth.versions.get(article)!;
	const before = caller && { ...caller };
	const name = `${way} read of article ${article} by ${caller?.name ?? 'an admin'}`;
	const started = performance.now();
	report.reads++;
	let reply: Reply;
	try {
		reply = await send(context.process, WAYS[way]!(article), caller?.token ?? ADMIN.token);
	} catch (error) {
		reply = { status: 0, cache: null, text: String(error) };
	}
	const ended = performance.now();
	if (reply.cache === 'HIT') report.hits++;
	if (before !== null && !isGranted(context, name, before, caller, reply, started)) return;
	const found = reply.status === 200 ? readAnswer(article, reply.text) : null;
	if (found === null) {
		report[reply.status === 403 || reply.status === 401 ? 'refused' : 'failed']++;
		addIncident(report, 'failed', `${name}: ${reply.status} ${reply.cache} ${reply.text.slice(0, 150)}`);
		return;
	}
	if (found < version) noteStale(context, `${name}: ${reply.cache}`, { article, found, version, started });
	const over = ended - started - context.observer.estimateNoise(started, ended);
	if (over <= STORE_BUDGET_MS + PROVIDER_BUDGET_MS + SLACK_MS) return;
	report.overBudget.push(over);
	const took = `${reply.cache} took ${Math.round(ended - started)} ms, ${Math.round(over)} without noise`;
	addIncident(report, 'over budget', `${name}: ${took}`);
}

/** Whether the caller had access all the while, so that the answer can be judged. */
function isGranted(
	context: ReadingContext,
	name: string,
	before: Caller,
	caller: Caller | null,
	{ status, cache }: Reply,
	started: number,
): boolean {
	const isUnchanged = caller?.epoch === before.epoch;
	const age = started - before.changed;
	if (before.access === 'granted' && isUnchanged) return true;
	// Access that was given back before the answer came may have been used for it.
	if (before.access === 'revoked' && isUnchanged && status > 0 && status < 300 && age > context.allowedStaleMs()) {
		const report = context.report();
		report.letIn++;
		const revoked = `${Math.round(age)} ms after the ${before.revoked} was taken`;
		addIncident(report, 'let in', `${name}: ${cache} ${revoked}`);
	}
	return false;
}

function noteStale(
	context: ReadingContext,
	name: string,
	{ article, found, version, started }: { article: number; found: number; version: number; started: number },
): void {
	const report = context.report();
	// Older by the first change that the answer has missed.
	const age = started - (context.acknowledged.get(`${article}:${found + 1}`) ?? started);
	report.stale.push(age);
	if (age <= context.allowedStaleMs()) return;
	report.staleBeyondDocuments++;
	const missed = `version ${found}, ${version} was acknowledged, the first missed ${Math.round(age)} ms ago`;
	addIncident(report, 'stale', `${name} ${missed}`);
}

async function send({ url }: DirectusProcess, request: ReturnType<Way>, token: string): Promise<Reply> {
	const response = await fetch(url + request.path, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...request.headers },
		body: JSON.stringify(request.body),
		signal: AbortSignal.timeout(TIMEOUT_MS),
	});
	const text = await response.text();
	const { status, headers } = response;
	const cache = headers.get('x-ai-cache');
	if (status !== 200) return { status, cache, text };
	if (headers.get('content-type')?.includes('event-stream')) return { status, cache, text: readStream(text) };
	const body = JSON.parse(text) as { data?: { text: string }; choices?: { message: { content: string } }[] };
	return { status, cache, text: body.data?.text ?? body.choices?.[0]?.message.content ?? text };
}

function readStream(text: string): string {
	if (!text.includes('data: [DONE]')) return text;
	type Chunk = { choices?: { delta?: { content?: string } }[] };
	const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json!) as Chunk);
	return chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join('');
}

const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)]!;
