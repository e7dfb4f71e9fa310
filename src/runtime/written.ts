import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tag } from '../cache/dependencies.ts';

type Written = AsyncLocalStorage<Set<Tag>>;

const PLACE = Symbol.for('directus-extension-ai-cache.written');
const shared = globalThis as Record<symbol, Written | undefined>;

/**
 * The tags that the request under way has invalidated. Shared by all versions of this module in the process: a
 * middleware outlives the reload of the extension that mounted it.
 */
export const written: Written = shared[PLACE] ?? new AsyncLocalStorage();
shared[PLACE] = written;
