import { hash } from 'node:crypto';
import { keptTags } from '../../cache/tags/tags.ts';
import type { KeptPlace } from '../../cache/generation/types.ts';
import type { Exchange } from './provider-request.ts';
import type { SettingValues } from '../config/settings-schema.ts';

type RefreshValues = Pick<
	SettingValues,
	'AI_CACHE_ON_INVALIDATE' | 'AI_CACHE_COLLECTIONS' | 'AI_CACHE_REFRESH_DEBOUNCE'
>;

/** A subject that changes on and on is refreshed once in so many debounce times. */
const LONGEST_DEBOUNCE = 6;

/** Milliseconds after a subject's first change in which it is refreshed, however often it changes. */
export const debounceLimitMs = ({ AI_CACHE_REFRESH_DEBOUNCE: quietMs }: RefreshValues): number =>
	LONGEST_DEBOUNCE * quietMs;

/** Whether answers of requests that name this collection are made again after a change of their content. */
export function refreshes(collection: string | null, values: RefreshValues): boolean {
	const own = collection === null ? undefined : values.AI_CACHE_COLLECTIONS?.[collection]?.on_invalidate;
	return (own ?? values.AI_CACHE_ON_INVALIDATE) === 'refresh';
}

export function refreshesAny(values: RefreshValues): boolean {
	const own = Object.values(values.AI_CACHE_COLLECTIONS ?? {}).map(({ on_invalidate: what }) => what);
	return values.AI_CACHE_ON_INVALIDATE === 'refresh' || own.includes('refresh');
}

/**
 * Where the request's last answer is kept when its content changed; null where the request takes no such answer. That
 * of an item template is kept for the user it was rendered for: to others it might tell what they may not read.
 */
export function keptPlace(exchange: Exchange, values: RefreshValues): KeptPlace | null {
	const { directives, collection, provider, model, dependencies, rank, item, caller } = exchange;
	if (!directives.stale_while_revalidate || !refreshes(collection, values)) return null;
	const whose = item === null ? null : [caller.user, caller.role];
	const digest = hash('sha256', JSON.stringify([rank, whose]), 'base64url');
	return {
		key: `${rank.slice(0, rank.lastIndexOf(':'))}:kept-${digest}`,
		tags: keptTags(provider, model, dependencies),
		leaveMs: item === null ? 0 : debounceLimitMs(values),
	};
}
