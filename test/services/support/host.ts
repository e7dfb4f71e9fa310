import type { HostContext } from '../../../src/services/host.ts';

/** A host without collections, whose log is kept. */
export function testHost(env: Record<string, unknown> = {}): HostContext & { log: string[] } {
	const log: string[] = [];
	const note = (message: string) => void log.push(message);
	return {
		env,
		log,
		services: {},
		// Nothing here reads a database.
		database: null as unknown as HostContext['database'],
		logger: { info: note, warn: note, error: note },
		getSchema: async () => ({ collections: {}, relations: [] }),
	};
}
