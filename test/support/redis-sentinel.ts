import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Redis } from 'ioredis';

import { freePort } from './port.ts';

const NAME = 'mymaster';
const DOWN_AFTER_MS = 600;

/** One real Redis Sentinel that decides alone. */
export interface TestSentinel {
	readonly port: number;
	readonly name: string;
	/** Port of the node that it takes for the master. */
	masterPort(): Promise<number>;
	stop(): Promise<void>;
}

export async function startSentinel(masterPort: number): Promise<TestSentinel> {
	const directory = await mkdtemp(path.join(tmpdir(), 'ai-cache-sentinel-'));
	const port = await freePort();
	const file = path.join(directory, 'sentinel.conf');
	const lines = [
		`port ${port}`,
		'bind 127.0.0.1',
		`dir ${directory}`,
		`sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 1`,
		`sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
		`sentinel failover-timeout ${NAME} 2000`,
	];
	await writeFile(file, `${lines.join('\n')}\n`);
	const server = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
	const ended = once(server, 'exit');
	const endWithUs = (): void => void server.kill('SIGKILL');
	process.once('exit', endWithUs);
	const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: null, retryStrategy: () => 50 });
	client.on('error', () => undefined);
	await Promise.race([
		client.ping(),
		ended.then(() => Promise.reject(new Error('the Sentinel ended before it was ready'))),
	]);
	return {
		port,
		name: NAME,
		masterPort: async () => Number(((await client.call('SENTINEL', 'get-master-addr-by-name', NAME)) as string[])[1]),
		stop: async () => {
			client.disconnect();
			server.kill('SIGKILL');
			await ended;
			process.removeListener('exit', endWithUs);
			await rm(directory, { recursive: true, force: true });
		},
	};
}
