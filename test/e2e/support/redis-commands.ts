import { setTimeout as wait } from 'node:timers/promises';

import type { TestRedis } from '../../support/redis.ts';

/** Figures are written a second after they were counted. */
export const untilQuiet = (): Promise<void> => wait(1500);

/** The commands that processes sent meanwhile, without what scripts call. */
export async function commandsDuring(redis: TestRedis, work: () => Promise<unknown>): Promise<string[]> {
	await untilQuiet();
	const monitor = await redis.client.duplicate().monitor();
	const sent: string[] = [];
	const marked = new Promise<void>((resolve) => {
		monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
			if (command.toLowerCase() === 'echo') resolve();
			else if (source !== 'lua') sent.push(command.toLowerCase());
		});
	});
	await work();
	await redis.client.echo('end');
	await marked;
	monitor.disconnect();
	return sent;
}

/** What reached Redis meanwhile: its own count of MGET, and every command that named an entry or a token. */
export async function readsDuring(
	redis: TestRedis,
	work: () => Promise<unknown>,
): Promise<{ mget: number; naming: string[] }> {
	await untilQuiet();
	const monitor = await redis.client.duplicate().monitor();
	const naming: string[] = [];
	monitor.on('monitor', (_time: string, [command = '', ...args]: string[]) => {
		if (args.some((argument) => /:(?:entry|token):/.test(argument))) naming.push(command.toLowerCase());
	});
	await redis.resetCommandCalls();
	await work();
	const { mget = 0 } = await redis.commandCalls();
	monitor.disconnect();
	return { mget, naming };
}
