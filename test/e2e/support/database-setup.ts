import { startDatabaseServer } from '../../support/database-server.ts';

/** Starts the database server of the whole run, if it is not SQLite's. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
	const server = await startDatabaseServer();
	return server?.stop;
}
