import type { CommandCalls, TestRedis } from './redis.ts';

/**
 * What these servers were asked while the work ran, together, by command name in lower case. It resets their
 * `INFO commandstats` first. Other clients' commands count too, and so do the harness's, except INFO and CONFIG.
 */
export async function countCommands(
	servers: readonly TestRedis[],
	work: () => Promise<unknown>,
): Promise<CommandCalls> {
	await Promise.all(servers.map((server) => server.resetCommandCalls()));
	await work();
	const counts = await Promise.all(servers.map((server) => server.commandCalls()));
	const total: CommandCalls = {};
	for (const calls of counts) {
		for (const [name, times] of Object.entries(calls)) total[name] = (total[name] ?? 0) + times;
	}
	return total;
}
