import { rm } from 'node:fs/promises';

import type { Api } from './api.ts';
import { installBundle, installExtension } from './bundle.ts';
import { logLines, shortLine } from './log.ts';
import { type Major, majorUnderTest } from './paths.ts';
import { type DirectusProcess, runCommand, startProcess } from './process.ts';
import { copyTemplate, type DatabaseContent, makeRunDirectory } from './template.ts';

export interface DirectusOptions {
	/** Default: `AI_CACHE_TEST_DIRECTUS`, else 12. */
	major?: Major;
	/** Processes that share the database. Default 1. */
	processes?: number;
	/** On top of the harness's own environment. */
	env?: Record<string, string>;
	/** Default `content`: the sample collections of `content.ts`. */
	database?: DatabaseContent;
	/** Default true: the packed bundle. False for a Directus to compare with. */
	bundle?: boolean;
	/** Folders of further extensions to put beside the bundle. */
	extensions?: string[];
}

/** One database, one run directory and the Directus processes on it. Requests go to the first process. */
export interface Directus extends Api {
	readonly major: Major;
	readonly directory: string;
	readonly url: string;
	readonly processes: DirectusProcess[];
	/** The process of that index; throws where there is none. */
	process(index: number): DirectusProcess;
	/** Starts one more process on the same database. */
	join(env?: Record<string, string>): Promise<DirectusProcess>;
	/** `npx directus …` in the run directory, with the same environment. */
	command(args: string[], env?: Record<string, string>): Promise<{ code: number | null; output: string }>;
	/** What all processes logged. */
	logs(): string;
	/** Ends every process and removes the run directory (kept with `AI_CACHE_TEST_KEEP=1`). */
	stop(): Promise<void>;
}

const running = new Set<Directus>();

/** Starts a Directus with the packed bundle and returns when it answers. Leaves nothing behind where it fails. */
export async function startDirectus(options: DirectusOptions = {}): Promise<Directus> {
	const major = options.major ?? majorUnderTest();
	const directory = await makeRunDirectory(major, 'run');
	let settings: Record<string, string> = {};
	const processes: DirectusProcess[] = [];
	const stop = async () => {
		await Promise.all(processes.map((each) => each.stop()));
		if (process.env['AI_CACHE_TEST_KEEP'] === undefined) await rm(directory, { recursive: true, force: true });
	};
	const join = async (more: Record<string, string> = {}) => {
		const name = `directus-${processes.length + 1}`;
		const started = await startProcess({ major, directory, name, env: { ...settings, ...more } });
		processes.push(started);
		return started;
	};
	try {
		settings = { ...(await furnish(directory, major, options)), ...options.env };
		const first = await join();
		for (let count = 1; count < (options.processes ?? 1); count++) await join();
		return register({ major, directory, processes, join, stop }, first, settings);
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Puts database and extensions into a run directory. Returns what Directus reads to use the database. */
async function furnish(directory: string, major: Major, options: DirectusOptions): Promise<Record<string, string>> {
	const settings = await copyTemplate(major, options.database ?? 'content', directory);
	if (options.bundle !== false) await installBundle(directory);
	for (const extension of options.extensions ?? []) await installExtension(directory, extension);
	return settings;
}

function register(
	run: Pick<Directus, 'major' | 'directory' | 'processes' | 'join' | 'stop'>,
	first: DirectusProcess,
	env: Record<string, string>,
): Directus {
	const { major, directory, processes } = run;
	const directus: Directus = {
		...run,
		api: first.api,
		data: first.data,
		url: first.url,
		process: (index) => processes[index] ?? missing(index),
		command: (args, more = {}) => runCommand({ major, directory, name: 'command', env: { ...env, ...more } }, args),
		logs: () => processes.map((each) => `=== ${each.name}\n${each.logs()}`).join('\n'),
		stop: async () => {
			running.delete(directus);
			await run.stop();
		},
	};
	running.add(directus);
	return directus;
}

/** Ends whatever a failed test left running. */
export async function stopAll(): Promise<void> {
	await Promise.all([...running].map((directus) => directus.stop()));
}

/** The last log lines of everything that runs now, for a failed test's report. */
export function recentLogs(lines = 30): string {
	return [...running]
		.flatMap((directus) => directus.processes)
		.map((each) => {
			const recent = logLines(each.logs()).slice(-lines).map(shortLine);
			return [`=== ${each.name} ${each.url}`, ...recent].join('\n');
		})
		.join('\n');
}

function missing(index: number): never {
	throw new Error(`there is no Directus process ${index}`);
}
