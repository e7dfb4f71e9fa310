import type { SchemaOverview } from '@directus/types';
import type { Database } from '../content/changes/cascades.ts';

/** What an extension's context gives, as far as this bundle uses it. */
export interface HostContext {
	services: Record<string, unknown>;
	env: Record<string, unknown>;
	database: Database;
	logger: HostLogger;
	getSchema: () => Promise<SchemaOverview>;
}

export interface HostLogger {
	info(message: string): void;
	warn(message: string): void;
	error(message: string): void;
}
