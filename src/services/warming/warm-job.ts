import * as z from 'zod';
import type { WarmJob } from '../../shared/api-types.ts';
import { once } from '../utils/lazy.ts';

/** A job of which no process said for so long that it works on it has none any more. */
const LOST_MS = 30_000;

/** A job as it is kept. */
interface SavedJob extends WarmJob {
	/** When its process was last heard of, in milliseconds since the epoch. */
	beat: number;
}

/** Seconds left at the pace so far; null before it can be told. */
export function etaOf({ started, done, total, state }: WarmJob, now: number): number | null {
	if (state !== 'running' || done === 0) return null;
	const pace = (now - Date.parse(started)) / done;
	return Math.round((pace * (total - done)) / 1000);
}

/** The job as text, with the moment as a sign that its process lives. */
export function writeJob(job: WarmJob, now: number): string {
	return JSON.stringify({ ...job, eta: etaOf(job, now), beat: now } satisfies SavedJob);
}

const STATES = ['running', 'done', 'aborted', 'over_budget', 'failed'] as const;

const savedJob = once(() =>
	z.object({
		id: z.string(),
		state: z.enum(STATES),
		started: z.iso.datetime(),
		finished: z.iso.datetime().nullable(),
		total: z.number(),
		done: z.number(),
		generated: z.number(),
		already_cached: z.number(),
		failed: z.number(),
		left_out: z.array(z.object({ key: z.string(), model: z.string(), reason: z.string() })).default([]),
		spent_usd: z.number(),
		budget_usd: z.number().nullable(),
		eta: z.number().nullable(),
		errors: z.array(z.string()),
		beat: z.number(),
	}),
);

/** As it was written, or as what became of it if its process ended without a word. Null if it is damaged. */
export function readJob(text: string, now: number): WarmJob | null {
	const parsed = savedJob().safeParse(fromJson(text));
	if (!parsed.success) return null;
	const { beat, ...job } = parsed.data;
	if (job.state !== 'running' || now - beat <= LOST_MS) return job;
	return {
		...job,
		state: 'failed',
		finished: new Date(beat).toISOString(),
		eta: null,
		errors: [...job.errors, 'The process that worked on it ended before it was done'],
	};
}

function fromJson(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return null;
	}
}
