import type { EventContext, HookConfig } from '@directus/types';
import type { Application } from 'express';
import type { Tag } from '../cache/dependencies.ts';
import { CascadeMemory, findCascades } from '../content/changes/cascades.ts';
import { deriveChanges, CONTENT_EVENTS, hasRowKeys } from '../content/changes/content-changes.ts';
import { CommitMemory, OpenTransactions } from '../content/changes/transactions.ts';
import { findRemovedRelations } from '../content/changes/removed-relations.ts';
import { SchemaMemory } from '../content/changes/schema-changes.ts';
import type { HostContext } from '../runtime/host.ts';
import { openWrites } from '../runtime/open-writes.ts';
import { getRuntime, getWriteLog, latestRuntime } from '../runtime/runtime.ts';
import { type Program, registerCommands } from './cli/commands.ts';
import { mountExpressLane } from './express-lane.ts';
import { mountReadYourOwnWrite } from './own-write.ts';
import { mountProviderErrors } from './provider-errors.ts';

/** Directus' own `defineHook` returns what it is given, and loads a second copy of zod with its schemas. */
const register: HookConfig = ({ action, filter, init, schedule }, context) => {
	const host = context as unknown as HostContext;
	const runtime = getRuntime(host);
	const writes = getWriteLog(host);
	runtime.listening = true;
	const cascades = new CascadeMemory();
	const commits = new CommitMemory();
	const schemas = new SchemaMemory();
	const transactions = new OpenTransactions((tags) => {
		latestRuntime()
			?.invalidator.repeat(tags)
			.catch(() => {});
	});

	init('middlewares.before', ({ app }) => {
		mountExpressLane(app as Application, () => {
			const latest = latestRuntime();
			return latest?.listening ? latest.lane : null;
		});
		mountReadYourOwnWrite(app as Application, {
			settled: () => latestRuntime()?.invalidator.settled() ?? null,
			repeat: (tags) => latestRuntime()?.invalidator.repeat(tags) ?? Promise.resolve(),
		});
	});

	init('routes.custom.after', ({ app }) => mountProviderErrors(app as Application));

	init('cli.before', ({ program }) => registerCommands(program as Program, host));

	filter('*.create', (payload, { event }, { schema, database }) => {
		schemas.observe(event, schema);
		transactions.watch(database);
		return payload;
	});

	filter('*.delete', async (keys, meta, eventContext) => {
		if (Array.isArray(keys)) commits.expect(keys, eventContext.database);
		schemas.observe(meta['event'], eventContext.schema);
		transactions.watch(eventContext.database);
		await remember(cascades, keys, meta, eventContext, findCascades);
		return keys;
	});

	filter('*.update', async (payload, meta, eventContext) => {
		const { keys } = meta;
		if (Array.isArray(keys)) commits.expect(keys, eventContext.database);
		schemas.observe(meta['event'], eventContext.schema);
		transactions.watch(eventContext.database);
		const look: typeof findCascades = (name, some, schema, database) =>
			findRemovedRelations(name, some, payload, schema, database);
		await remember(cascades, keys, meta, eventContext, look, payload);
		return payload;
	});

	for (const name of CONTENT_EVENTS) {
		action(name, async (meta, { schema, accountability }) => {
			const event = String(meta['event'] ?? name);
			writes?.noteEvent(meta['collection']);
			const looked = cascades.get(meta['keys'] ?? meta['payload']);
			const found = deriveChanges(event, meta, { schema, before: schemas.before, ...looked });
			if (found.length === 0) return;
			if (meta['collection'] === 'directus_settings') runtime.keys.forget();
			const author = { cause: 'event', event: shortenEventName(event), user: accountability?.user ?? null } as const;
			const committed = commits.isCommitted(event, meta['keys']);
			const uncommitted = (tags: readonly Tag[], ofOthers: readonly Tag[]): void => {
				const repeated = transactions.hasUncommitted ? tags : ofOthers;
				if (!openWrites.add(repeated, accountability)) transactions.add(repeated);
			};
			const onTags = committed ? undefined : uncommitted;
			await runtime.invalidator.changed(found, author, onTags).catch((error: unknown) => {
				const reason = error instanceof Error ? error.message : 'an unknown error';
				host.logger.error(`AI cache: ${event} could not be carried out in the cache (${reason})`);
			});
		});
	}

	action('server.stop', () => runtime.close());

	const {
		AI_CACHE_WARM_SCHEDULE: cron,
		AI_CACHE_WARM_TOP: top,
		AI_CACHE_WARM_BUDGET: budget,
	} = runtime.settings.values;
	if (cron !== undefined) {
		schedule(cron, async () => {
			await runtime.warmer.top(top, budget);
		});
	}
};
export default register;

/** A change that another hook prevents leaves nothing behind: the memory holds on to the array of keys alone. */
async function remember(
	cascades: CascadeMemory,
	keys: unknown,
	{ event, collection }: Readonly<Record<string, unknown>>,
	{ schema, database }: EventContext,
	look: typeof findCascades,
	payload?: unknown,
): Promise<void> {
	if (!Array.isArray(keys) || typeof collection !== 'string' || schema === null) return;
	if (!hasRowKeys(String(event), collection)) return;
	const found = await look(collection, keys, schema, database as never).catch(() => null);
	if (found) cascades.remember(keys, found, payload);
}

/** `articles.items.update` → `items.update`. */
const shortenEventName = (event: string): string => event.split('.').slice(-2).join('.');
