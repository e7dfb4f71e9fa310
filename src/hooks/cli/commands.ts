import { BASE_PATH } from '../../shared/api-types.ts';
import type { HostContext } from '../../services/host.ts';
import { type CliClient, connect } from './client.ts';
import { parseInvalidationOptions, parseStatsQuery, parseWarmRequest, type Options } from './options.ts';
import { formatInvalidation, formatJob, formatStats } from './output.ts';

/** The part of commander's `Command` that is used. Directus passes its own instance. */
export interface Program {
	command(name: string): Program;
	description(text: string): Program;
	option(flags: string, description: string): Program;
	action(handler: (options: Options) => Promise<void>): Program;
}

interface Result {
	/** For `--json`, on one line. */
	data: unknown;
	/** For people. */
	lines: string[];
	failed?: boolean;
}

type Work = (engine: CliClient, options: Options) => Promise<Result>;

const POLL_MS = 500;

/**
 * Registers `directus ai-cache stats | invalidate | warm`. The exit code is 0 on success and 1 on failure. With `--json`,
 * the last line on stdout is the result. Directus' own log lines may precede it.
 */
export function registerCommands(program: Program, host: HostContext): void {
	const cache = program.command(BASE_PATH).description('Inspect, invalidate and warm the AI cache');
	const add = (name: string, text: string, flags: [string, string][], work: Work): void => {
		const command = cache.command(name).description(text);
		for (const [flag, description] of [...flags, ...COMMON]) command.option(flag, description);
		command.action((options) => run(host, options, work));
	};

	add('stats', 'Hits, misses and savings', STATS, async (engine, options) => {
		const report = await engine.readStats(parseStatsQuery(options));
		return { data: report, lines: formatStats(report) };
	});
	add('invalidate', 'Invalidate answers; criteria are ANDed', INVALIDATE, async (engine, options) => {
		const result = await engine.invalidate(parseInvalidationOptions(options));
		return { data: result, lines: formatInvalidation(result) };
	});
	add('warm', 'Generate answers in advance', WARM, async (engine, options) => {
		let job = await engine.warm(await parseWarmRequest(options));
		while (job.state === 'running') {
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
			job = await engine.readJob(job.id);
		}
		return { data: job, lines: formatJob(job), failed: job.state !== 'done' || job.failed > 0 };
	});
}

const COMMON: [string, string][] = [
	['--url <url>', 'use the Directus at this URL, with --token, instead of the store itself'],
	['--token <token>', "an admin's token for --url"],
	['--json', 'write the result as JSON, on one line'],
];
const STATS: [string, string][] = [
	['--provider <name>', 'openai, anthropic, mistral or deepseek'],
	['--model <name>', 'one model'],
	['--collection <name>', 'one collection'],
	['--from <time>', 'such as 2026-01-31T12:00:00Z; default: 24 hours ago'],
	['--to <time>', 'default: now'],
	['--interval <interval>', 'minute, hour or day: adds a series to --json'],
];
const INVALIDATE: [string, string][] = [
	['--provider <name>', 'openai, anthropic, mistral or deepseek'],
	['--model <name>', 'one model'],
	['--collection <name>', 'answers that depend on the collection'],
	['--items <keys>', 'items of the collection, separated by commas'],
	['--fields <fields>', 'fields of the collection or its items, separated by commas'],
	['--tags <tags>', 'free tags, separated by commas'],
	['--key <key>', 'one entry'],
	['--all', 'everything'],
	['--dry-run', 'report the matching entries without invalidating them'],
];
const WARM: [string, string][] = [
	['--top <count>', 'the most popular requests that are missing or about to expire'],
	['--requests <file>', 'a JSON file with a list of generation requests'],
	['--budget <usd>', 'stop after spending this much'],
];

async function run(host: HostContext, options: Options, work: Work): Promise<void> {
	let code = 1;
	let engine: CliClient | null = null;
	try {
		engine = await connect(host, options);
		const { data, lines, failed = false } = await work(engine, options);
		code = failed ? 1 : 0;
		await write(process.stdout, options['json'] === true ? JSON.stringify(data) : lines.join('\n'));
	} catch (error) {
		await write(process.stderr, `AI cache: ${error instanceof Error ? error.message : String(error)}`);
	}
	await engine?.close();
	process.exit(code);
}

const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
	new Promise((resolve) => stream.write(`${text}\n`, () => resolve()));
