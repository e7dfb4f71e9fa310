import type { Tag } from '../tags/tags.ts';

/** An answer that may be worth making again. */
export interface Refreshable {
	/** How often it was asked for. */
	requested: number;
	/** What it depends on, as it was asked last. */
	tags: readonly Tag[];
	/** Whether its text can be written anew, and its collection's settings want it. */
	wanted: boolean;
}

export interface RefreshLimits {
	/** Requests from which on an answer counts as asked often. */
	minimum: number;
	/** Answers that one change may make again. */
	maximum: number;
}

/** Of what the change took, what is asked often; most requested first. */
export function chooseRefreshes<One extends Refreshable>(
	all: readonly One[],
	changed: ReadonlySet<Tag>,
	{ minimum, maximum }: RefreshLimits,
): One[] {
	return all
		.filter(({ wanted, requested, tags }) => wanted && requested >= minimum && tags.some((tag) => changed.has(tag)))
		.sort((one, other) => other.requested - one.requested)
		.slice(0, maximum);
}
