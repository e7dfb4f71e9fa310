import { setTimeout as wait } from 'node:timers/promises';

import type { DirectusProcess } from '../process.ts';
import { type ClusterStore, follow, type SentinelStore, type SingleStore, untilInfo } from './stores.ts';

/** One fault: it comes, stays a while and is over when the promise resolves. */
export interface Fault<Store> {
	name: string;
	/** How long after a change was acknowledged the documents allow the state before it. Default: not at all. */
	allowedStaleMs?: number;
	inflict(store: Store, processes: { writer: DirectusProcess; reader: DirectusProcess }): Promise<void>;
}

/** A process whose packets to Redis are lost can tell others by the outbox alone, which they read every 500 ms. */
const LOST_PACKETS_MS = 700;

const stopProcess = async (process: DirectusProcess): Promise<void> => {
	const pid = process.pid();
	if (pid === undefined) throw new Error(`${process.name} does not run`);
	globalThis.process.kill(pid, 'SIGSTOP');
	await wait(1500);
	globalThis.process.kill(pid, 'SIGCONT');
};

export const SINGLE_FAULTS: Fault<SingleStore>[] = [
	{
		name: 'Redis is stopped and goes on',
		inflict: async ({ master }) => {
			master.freeze();
			await wait(1500);
			master.thaw();
		},
	},
	{
		name: 'Redis is killed and comes back empty',
		inflict: async ({ master }) => {
			await master.kill();
			await wait(1500);
			await master.restart();
		},
	},
	{
		name: 'Redis is restarted at once from a snapshot',
		inflict: async ({ master, replica }) => {
			await master.client.save();
			await wait(1000);
			await master.restart();
			await untilInfo(replica, 'master_link_status:up');
		},
	},
	{
		name: 'Redis is demoted before another takes writes, and connections stay',
		inflict: async (store) => {
			const { master, replica, writerProxy, readerProxy } = store;
			await master.client.replicaof('127.0.0.1', replica.port);
			await wait(1000);
			await replica.client.replicaof('NO', 'ONE');
			for (const proxy of [writerProxy, readerProxy]) proxy.setTarget(replica.port);
			await untilInfo(master, 'master_link_status:up');
			[store.master, store.replica] = [replica, master];
		},
	},
	{
		name: 'Redis is killed behind a proxy that keeps connections, and another takes its place',
		inflict: async (store) => {
			const { master, replica, writerProxy, readerProxy } = store;
			for (const proxy of [writerProxy, readerProxy]) proxy.setKeepsConnections(true);
			await master.kill();
			await replica.client.replicaof('NO', 'ONE');
			for (const proxy of [writerProxy, readerProxy]) proxy.setTarget(replica.port);
			await wait(2000);
			for (const proxy of [writerProxy, readerProxy]) proxy.setKeepsConnections(false);
			await master.restart();
			await follow(master, replica);
			[store.master, store.replica] = [replica, master];
		},
	},
	{
		name: 'a proxy swallows the packets of the process that edits',
		allowedStaleMs: LOST_PACKETS_MS,
		inflict: async ({ writerProxy }) => {
			writerProxy.setSwallows(true);
			await wait(4000);
			writerProxy.setSwallows(false);
		},
	},
	{
		name: 'a proxy swallows the packets of the process that reads',
		inflict: async ({ readerProxy }) => {
			readerProxy.setSwallows(true);
			await wait(4000);
			readerProxy.setSwallows(false);
		},
	},
	{ name: 'the process that reads is stopped and goes on', inflict: (_, { reader }) => stopProcess(reader) },
	{ name: 'the process that edits is stopped and goes on', inflict: (_, { writer }) => stopProcess(writer) },
];

/** As long as two masters both say so, nothing can tell them apart: the documents name that gap. */
const TWO_MASTERS_MS = 5000;

export const SENTINEL_FAULTS: Fault<SentinelStore>[] = [
	{
		name: 'Sentinel: the master is killed and comes back empty, as a replica',
		inflict: async ({ nodes, sentinel }) => {
			const { master } = await rolesOf(nodes, sentinel);
			await master.kill();
			await untilMoved(nodes, sentinel, master.port);
			await master.restart();
			await untilInfo(master, 'master_link_status:up');
		},
	},
	{
		name: 'Sentinel: the master is stopped, replaced and goes on',
		allowedStaleMs: TWO_MASTERS_MS,
		inflict: async ({ nodes, sentinel }) => {
			const { master } = await rolesOf(nodes, sentinel);
			master.freeze();
			await untilMoved(nodes, sentinel, master.port);
			await wait(1000);
			master.thaw();
			await untilInfo(master, 'master_link_status:up');
		},
	},
	{
		name: 'Sentinel: the master is demoted before another takes writes, and connections stay',
		inflict: async ({ nodes, sentinel }) => {
			const { master, replica } = await rolesOf(nodes, sentinel);
			await master.client.replicaof('127.0.0.1', replica.port);
			await wait(500);
			await replica.client.replicaof('NO', 'ONE');
			await untilInfo(master, 'master_link_status:up').catch(() => undefined);
			await wait(3000);
		},
	},
];

export const CLUSTER_FAULTS: Fault<ClusterStore>[] = [
	{
		name: 'Cluster: a master is stopped and goes on before it is replaced',
		inflict: async ({ pair: [master] }) => {
			master.freeze();
			await wait(300);
			master.thaw();
		},
	},
	{
		name: 'Cluster: a master hands over while its connections stay',
		inflict: async (store) => {
			const [master, replica] = store.pair;
			await replica.client.cluster('FAILOVER', 'TAKEOVER');
			await untilInfo(master, 'master_link_status:up');
			store.pair = [replica, master];
		},
	},
	{
		name: 'Cluster: a master is killed, replaced and comes back empty',
		inflict: async (store) => {
			const [master, replica] = store.pair;
			await master.kill();
			await untilInfo(replica, 'role:master');
			await master.restart();
			await untilInfo(master, 'master_link_status:up');
			store.pair = [replica, master];
		},
	},
];

async function rolesOf(nodes: SentinelStore['nodes'], sentinel: SentinelStore['sentinel']) {
	const port = await sentinel.masterPort();
	const [first, second] = nodes;
	return first.port === port ? { master: first, replica: second } : { master: second, replica: first };
}

async function untilMoved(nodes: SentinelStore['nodes'], sentinel: SentinelStore['sentinel'], from: number) {
	for (let attempt = 0; attempt < 300 && (await sentinel.masterPort()) === from; attempt++) await wait(50);
	const { master } = await rolesOf(nodes, sentinel);
	if (master.port === from) throw new Error('Sentinel never replaced the master');
	await untilInfo(master, 'role:master');
}
