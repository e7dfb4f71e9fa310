import { setTimeout as wait } from 'node:timers/promises';

import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { startCluster, type TestCluster } from '../../../support/redis-cluster.ts';
import { startSentinel, type TestSentinel } from '../../../support/redis-sentinel.ts';
import { type FaultyProxy, startFaultyProxy } from './proxy.ts';

/** A single Redis and its replica. Each process reaches the master through a proxy of its own. */
export interface SingleStore {
	readonly kind: 'single';
	master: TestRedis;
	replica: TestRedis;
	readonly writerProxy: FaultyProxy;
	readonly readerProxy: FaultyProxy;
	writerEnv: Record<string, string>;
	readerEnv: Record<string, string>;
	stop(): Promise<void>;
}

/** A master and its replica that Sentinels watch. */
export interface SentinelStore {
	readonly kind: 'sentinel';
	readonly nodes: [TestRedis, TestRedis];
	readonly sentinel: TestSentinel;
	writerEnv: Record<string, string>;
	readerEnv: Record<string, string>;
	stop(): Promise<void>;
}

/** Three masters, one of which has a replica. */
export interface ClusterStore {
	readonly kind: 'cluster';
	readonly cluster: TestCluster;
	pair: [master: TestRedis, replica: TestRedis];
	writerEnv: Record<string, string>;
	readerEnv: Record<string, string>;
	stop(): Promise<void>;
}

export type ChaosStore = SingleStore | SentinelStore | ClusterStore;

const FAST_SYNC = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5'];

export async function startSingle(): Promise<SingleStore> {
	const [master, replica] = await Promise.all([startRedis({ args: FAST_SYNC }), startRedis({ args: FAST_SYNC })]);
	await follow(replica, master);
	const [writerProxy, readerProxy] = await Promise.all([startFaultyProxy(master.port), startFaultyProxy(master.port)]);
	return {
		kind: 'single',
		master,
		replica,
		writerProxy,
		readerProxy,
		writerEnv: { AI_CACHE_REDIS: `redis://127.0.0.1:${writerProxy.port}` },
		readerEnv: { AI_CACHE_REDIS: `redis://127.0.0.1:${readerProxy.port}` },
		stop: async () => {
			await Promise.all([writerProxy.close(), readerProxy.close()]);
			await Promise.all([master.stop(), replica.stop()]);
		},
	};
}

export async function startSentinelStore(): Promise<SentinelStore> {
	const nodes: [TestRedis, TestRedis] = await Promise.all([
		startRedis({ args: FAST_SYNC }),
		startRedis({ args: FAST_SYNC }),
	]);
	await follow(nodes[1], nodes[0]);
	const sentinel = await startSentinel(nodes[0].port);
	const env = { AI_CACHE_REDIS_SENTINELS: `127.0.0.1:${sentinel.port}`, AI_CACHE_REDIS_SENTINEL_NAME: sentinel.name };
	return {
		kind: 'sentinel',
		nodes,
		sentinel,
		writerEnv: env,
		readerEnv: env,
		stop: async () => {
			await sentinel.stop();
			await Promise.all(nodes.map((node) => node.stop()));
		},
	};
}

export async function startClusterStore(): Promise<ClusterStore> {
	const cluster = await startCluster();
	const master = cluster.nodes[0]!;
	const pair: [TestRedis, TestRedis] = [master, await cluster.replicaOf(master)];
	const env = { AI_CACHE_REDIS_CLUSTER: cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',') };
	return { kind: 'cluster', cluster, pair, writerEnv: env, readerEnv: env, stop: () => cluster.stop() };
}

/** Makes one node the replica of another and waits until it is in step. */
export async function follow(replica: TestRedis, master: TestRedis): Promise<void> {
	await replica.client.replicaof('127.0.0.1', master.port);
	await untilInfo(replica, 'master_link_status:up');
}

/** Waits until `INFO replication` of that node says so; throws after 15 s. */
export async function untilInfo(node: TestRedis, text: string): Promise<void> {
	for (let attempt = 0; attempt < 300; attempt++) {
		if ((await node.client.info('replication')).includes(text)) return;
		await wait(50);
	}
	throw new Error(`the Redis on port ${node.port} never said ${text}`);
}
