import type { Found } from '../entry.ts';
import type { CacheRequest } from './types.ts';

/** An entry that callers with ever other dependencies ask for does not grow beyond this: each look-up reads its tags. */
const MAX_TAGS = 10_000;

/**
 * With the dependencies of a valid entry that lacks some of the request's: what is stored in its place answers both, so
 * that callers who declare different dependencies do not drive out each other's answer.
 */
export function widened<Live>(request: CacheRequest<Live>, found: Found | undefined): CacheRequest<Live> {
	if (found?.state !== 'fresh' || found.covers) return request;
	const { content, freeTags, tags: former } = found.entry.meta;
	const tags = [...new Set([...request.tags, ...former])];
	if (tags.length > MAX_TAGS) return request;
	return {
		...request,
		tags,
		dependencies: {
			content: [...request.dependencies.content, ...content],
			tags: [...new Set([...request.dependencies.tags, ...freeTags])],
		},
	};
}
