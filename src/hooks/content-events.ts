import type { EventContext, HookConfig } from '@directus/types';
import type { Tag } from '../cache/tags/tags.ts';
import { CascadeMemory, findCascades } from '../content/changes/cascades.ts';
import { CONTENT_EVENTS, deriveChanges, hasRowKeys } from '../content/changes/content-changes.ts';
import { findRemovedRelations } from '../content/changes/removed-relations.ts';
import { SchemaMemory } from '../content/changes/schema-changes.ts';
import { CommitMemory, OpenTransactions } from '../content/changes/transactions.ts';
import type { HostContext } from '../services/host.ts';
import { openWrites } from '../services/invalidation/pending-writes.ts';
import { getWriteLog, latestRuntime, type Runtime } from '../host/container.ts';

type HookRegister = Pick<Parameters<HookConfig>[0], 'action' | 'filter'>;
type Meta = Readonly<Record<string, unknown>>;

/** What filters note before a change, for the action event after it. */
class ChangeNotes {
	readonly cascades = new CascadeMemory();
	readonly commits = new CommitMemory();
	readonly schemas = new SchemaMemory();
	readonly transactions = new OpenTransactions((tags) => {
		latestRuntime()
			?.invalidator.repeat(tags)
			.catch(() => {});
	});
}

/** Invalidates what depends on a changed item, field or relation. */
export function registerContentEvents({ action, filter }: HookRegister, runtime: Runtime, host: HostContext): void {
	const notes = new ChangeNotes();
	registerFilters(filter, notes);
	const writes = getWriteLog(host);
	for (const name of CONTENT_EVENTS) {
		action(name, async (meta, eventContext) => {
			writes?.noteEvent(meta['collection']);
			const event = String(meta['event'] ?? name);
			await invalidateChange(event, meta, eventContext, { notes, runtime, host });
		});
	}
}

/** The rows say what a change takes away only until it happens, so filters read them before. */
function registerFilters(
	filter: HookRegister['filter'],
	{ cascades, commits, schemas, transactions }: ChangeNotes,
): void {
	filter('*.create', (payload, { event }, { schema, database }) => {
		schemas.observe(event, schema);
		transactions.watch(database);
		return payload;
	});

	filter('*.delete', async (keys, meta, eventContext) => {
		if (Array.isArray(keys)) commits.expect(keys, eventContext.database);
		schemas.observe(meta['event'], eventContext.schema);
		transactions.watch(eventContext.database);
		await rememberCascades(cascades, keys, meta, eventContext, findCascades);
		return keys;
	});

	filter('*.update', async (payload, meta, eventContext) => {
		const { keys } = meta;
		if (Array.isArray(keys)) commits.expect(keys, eventContext.database);
		schemas.observe(meta['event'], eventContext.schema);
		transactions.watch(eventContext.database);
		const find: typeof findCascades = (name, some, schema, database) =>
			findRemovedRelations(name, some, payload, schema, database);
		await rememberCascades(cascades, keys, meta, eventContext, find, payload);
		return payload;
	});
}

interface ChangeTargets {
	notes: ChangeNotes;
	runtime: Runtime;
	host: HostContext;
}

async function invalidateChange(
	event: string,
	meta: Meta,
	{ schema, accountability }: EventContext,
	{ notes, runtime, host }: ChangeTargets,
): Promise<void> {
	const { cascades, commits, schemas, transactions } = notes;
	const findings = cascades.get(meta['keys'] ?? meta['payload']);
	const changes = deriveChanges(event, meta, { schema, before: schemas.before, ...findings });
	if (changes.length === 0) return;
	if (meta['collection'] === 'directus_settings') runtime.keys.forget();
	const author = { cause: 'event', event: shortenEventName(event), user: accountability?.user ?? null } as const;
	const repeatAfterCommit = (tags: readonly Tag[], ofOthers: readonly Tag[]): void => {
		const repeated = transactions.hasUncommitted ? tags : ofOthers;
		if (!openWrites.add(repeated, accountability)) transactions.add(repeated);
	};
	const onTags = commits.isCommitted(event, meta['keys']) ? undefined : repeatAfterCommit;
	await runtime.invalidator.changed(changes, author, onTags).catch((error: unknown) => {
		const reason = error instanceof Error ? error.message : 'an unknown error';
		host.logger.error(`AI cache: invalidation after ${event} failed (${reason})`);
	});
}

/** A change that another hook prevents leaves nothing behind: the memory is weakly keyed by the array of keys. */
async function rememberCascades(
	cascades: CascadeMemory,
	keys: unknown,
	{ event, collection }: Meta,
	{ schema, database }: EventContext,
	find: typeof findCascades,
	payload?: unknown,
): Promise<void> {
	if (!Array.isArray(keys) || typeof collection !== 'string' || schema === null) return;
	if (!hasRowKeys(String(event), collection)) return;
	const found = await find(collection, keys, schema, database as never).catch(() => null);
	if (found) cascades.remember(keys, found, payload);
}

/** `articles.items.update` → `items.update`. */
const shortenEventName = (event: string): string => event.split('.').slice(-2).join('.');
