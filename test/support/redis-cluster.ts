import type { Redis } from 'ioredis';

import { startRedis, type TestRedis } from './redis.ts';

const SLOTS = 16_384;
/** After which a master counts as gone. */
const NODE_TIMEOUT_MS = 500;

export interface TestCluster {
	readonly nodes: TestRedis[];
	readonly addresses: { host: string; port: number }[];
	/** The node that has the key. */
	holderOf(key: string): Promise<TestRedis>;
	/** Starts a replica, in step with its master, that takes its place soon after that is gone. */
	replicaOf(master: TestRedis): Promise<TestRedis>;
	stop(): Promise<void>;
}

/** Three masters without replicas that share the slots; returns when all of them say `cluster_state:ok`. */
export async function startCluster(size = 3): Promise<TestCluster> {
	const nodes = await Promise.all(
		Array.from({ length: size }, () =>
			startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'yes'] }),
		),
	);
	await Promise.all(nodes.map((node, index) => node.client.cluster('ADDSLOTS', ...slotsOf(index, size))));
	const [first, ...others] = nodes;
	for (const other of others) await first?.client.cluster('MEET', '127.0.0.1', other.port);
	await Promise.all(nodes.map((node) => untilOk(node.client, size)));
	return {
		nodes,
		addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
		holderOf: async (key) => {
			const slot = await first!.client.cluster('KEYSLOT', key);
			return nodes.find((_, index) => slotsOf(index, size).includes(slot))!;
		},
		replicaOf: async (master) => {
			const replica = await startRedis({ args: ['--cluster-enabled', 'yes'] });
			nodes.push(replica);
			for (const { client } of nodes) await client.config('SET', 'cluster-node-timeout', NODE_TIMEOUT_MS);
			await replica.client.cluster('MEET', '127.0.0.1', master.port);
			await Promise.all(nodes.map((node) => untilOk(node.client, nodes.length)));
			await replica.client.cluster('REPLICATE', await master.client.cluster('MYID'));
			await until('the replica did not get in step', async () => {
				const slots = JSON.stringify(await first!.client.cluster('SLOTS'));
				const state = await replica.client.info('replication');
				return slots.includes(`,${replica.port},`) && state.includes('master_link_status:up');
			});
			return replica;
		},
		stop: async () => {
			await Promise.all(nodes.map((node) => node.stop()));
		},
	};
}

function slotsOf(index: number, size: number): number[] {
	const from = Math.floor((index * SLOTS) / size);
	const to = Math.floor(((index + 1) * SLOTS) / size);
	return Array.from({ length: to - from }, (_, offset) => from + offset);
}

function untilOk(client: Redis, size: number): Promise<void> {
	return until('the Redis cluster did not form', async () => {
		const info = await client.cluster('INFO');
		return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`);
	});
}

async function until(failure: string, holds: () => Promise<boolean>): Promise<void> {
	for (let attempt = 0; attempt < 200; attempt++) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(failure);
}
