import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { freePort } from '../../../support/port.ts';
import { startRedis } from '../../../support/redis.ts';
import { type Directus, startDirectus } from '../directus.ts';
import {
	ASKING_ROLE,
	createCallers,
	createPermittedReader,
	editForever,
	forbidForever,
	revokeForever,
} from './editor.ts';
import type { Fault } from './faults.ts';
import { PingObserver } from './observer.ts';
import { startVersionProvider } from './provider.ts';
import { readForever } from './readers.ts';
import { type FaultReport, newReport } from './report.ts';
import type { ChaosStore } from './stores.ts';
import { type Truth, writeTitle } from './truth.ts';

const ARTICLES = 6;
const READERS = 6;
const CALLERS = ['caller-one', 'caller-two', 'caller-three', 'caller-four'];
const BEFORE_MS = 700;
const AFTER_MS = 2000;
/** What little a busy machine does until then would show nothing: it goes on until there are so many reads, within limits. */
const MIN_READS = 40;
const MAX_AFTER_MS = 20_000;

export interface ChaosRun {
	/** Inflicts one fault while the clients go on, and reports what they saw. */
	inflict(fault: Fault<ChaosStore>): Promise<FaultReport>;
	stop(): Promise<void>;
}

/** Two Directus processes on that store: one that edits and one that only reads, with clients that never rest. */
export async function startChaos(store: ChaosStore, more: Record<string, string> = {}): Promise<ChaosRun> {
	const articles = Array.from({ length: ARTICLES }, (_, index) => index + 1);
	const truth: Truth = { versions: new Map(articles.map((article) => [article, 0])), callers: [] };
	const stops: (() => Promise<unknown>)[] = [() => store.stop()];
	const stop = async (): Promise<void> => {
		for (const each of stops.splice(0).reverse()) await each();
	};
	try {
		// Directus' processes tell each other of permissions through a Redis that nothing happens to.
		const own = await startRedis();
		stops.push(() => own.stop());
		const shared = {
			AI_CACHE_OPENAI_API_KEY: 'sk-chaos',
			AI_CACHE_ACCESS: ASKING_ROLE,
			REDIS: own.url,
			LOG_LEVEL: 'warn',
			...more,
		};
		const port = await freePort();
		const baseUrl = { AI_CACHE_OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
		const directus = await startDirectus({ env: { ...shared, ...baseUrl, ...store.writerEnv } });
		stops.push(() => directus.stop());
		const provider = await startVersionProvider(articles, path.join(directus.directory, 'data.db'), port);
		stops.push(provider.stop);
		await Promise.all(
			articles.map((article) => directus.data('PATCH', `/items/articles/${article}`, { title: writeTitle(0) })),
		);
		await directus.join(store.readerEnv);
		truth.callers.push(...(await createCallers(directus, CALLERS)));
		const { run, end } = await startClients(directus, store, truth);
		stops.push(end);
		return { inflict: run, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function startClients(directus: Directus, store: ChaosStore, truth: Truth) {
	const [writer, reader] = [directus.process(0), directus.process(1)];
	const permitted = await createPermittedReader(writer);
	let current = newReport('before the first fault');
	let allowedStaleMs = 0;
	let stopped = false;
	const shared = {
		truth,
		report: () => current,
		acknowledged: new Map<string, number>(),
		isStopped: () => stopped,
	};
	const [writing, reading] = [new PingObserver(writer), new PingObserver(reader)];
	const editing = { ...shared, writer, reader, observer: writing };
	const asking = { ...shared, process: reader, observer: reading, allowedStaleMs: () => allowedStaleMs };
	const clients = Promise.all([
		editForever(editing),
		revokeForever(editing),
		forbidForever(editing, permitted),
		...Array.from({ length: READERS }, () => readForever(asking)),
	]);
	clients.catch(() => undefined);
	const run = async (fault: Fault<ChaosStore>): Promise<FaultReport> => {
		current = newReport(fault.name);
		allowedStaleMs = fault.allowedStaleMs ?? 0;
		const started = performance.now();
		await Promise.race([clients, wait(BEFORE_MS)]);
		await fault.inflict(store, { writer, reader });
		await Promise.race([clients, wait(AFTER_MS)]);
		const waiting = performance.now();
		while (current.reads < MIN_READS && performance.now() - waiting < MAX_AFTER_MS) {
			await Promise.race([clients, wait(100)]);
		}
		const report = current;
		report.pings = reading.timesSince(started);
		current = newReport('between two faults');
		return report;
	};
	const end = async (): Promise<void> => {
		stopped = true;
		await clients;
		await Promise.all([writing.stop(), reading.stop()]);
	};
	return { run, end };
}
