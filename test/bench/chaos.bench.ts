/**
 * Whether anything stale or forbidden is ever answered while Redis and the processes fail: two Directus processes, one
 * that edits and one that only reads, seen through HTTP alone. `--small`: the faults of a single Redis, once each.
 */
import { type Fault, CLUSTER_FAULTS, SENTINEL_FAULTS, SINGLE_FAULTS } from '../e2e/support/chaos/faults.ts';
import { type FaultReport, findViolations } from '../e2e/support/chaos/report.ts';
import { startChaos } from '../e2e/support/chaos/run.ts';
import { type ChaosStore, startClusterStore, startSentinelStore, startSingle } from '../e2e/support/chaos/stores.ts';
import { milliseconds, progress, section, table } from './support/table.ts';
import { median, quantile } from './support/timing.ts';

/** In all; enough for 20,000 reads on two cores. */
const ROUNDS = 4;
/** The whole bench ends by then, whatever happens. */
const LIMIT_MS = 25 * 60_000;

const small = process.argv.includes('--small');
const setups: [start: () => Promise<ChaosStore>, faults: Fault<ChaosStore>[]][] = [
	[startSingle, SINGLE_FAULTS],
	[startSentinelStore, SENTINEL_FAULTS],
	[startClusterStore, CLUSTER_FAULTS],
];

setTimeout(() => {
	process.stderr.write(`the bench did not end within ${LIMIT_MS / 60_000} minutes\n`);
	process.exit(1);
}, LIMIT_MS).unref();

const reports: FaultReport[] = [];
for (const [start, faults] of small ? setups.slice(0, 1) : setups) {
	const chaos = await startChaos(await start());
	try {
		for (let round = 0; round < (small ? 1 : ROUNDS); round++) {
			for (const fault of faults) {
				const report = await chaos.inflict(fault);
				reports.push(report);
				progress(`${fault.name}: ${report.reads} reads, ${JSON.stringify(findViolations(report))}`);
				for (const incident of report.incidents) progress(`    ${incident}`);
			}
		}
	} finally {
		await chaos.stop();
	}
}

const byFault = [...Map.groupBy(reports, ({ fault }) => fault)];
const sum = (all: readonly FaultReport[], pick: (report: FaultReport) => number): number =>
	all.reduce((total, report) => total + pick(report), 0);
const longest = (values: readonly number[]): string => milliseconds(Math.max(0, ...values));
const rowOf = (name: string, all: readonly FaultReport[]): (string | number)[] => [
	name,
	sum(all, ({ reads }) => reads),
	sum(all, ({ hits }) => hits),
	sum(all, ({ edits }) => edits),
	sum(all, ({ staleBeyondDocuments }) => staleBeyondDocuments),
	sum(all, ({ stale, staleBeyondDocuments }) => stale.length - staleBeyondDocuments),
	longest(all.flatMap(({ stale }) => stale)),
	sum(all, ({ letIn }) => letIn),
	sum(all, ({ failed, refused }) => failed + refused),
	sum(all, ({ overBudget }) => overBudget.length),
	milliseconds(
		quantile(
			all.flatMap(({ pings }) => pings),
			0.9,
		),
	),
	milliseconds(median(all.flatMap(({ writes }) => writes))),
	sum(all, ({ slowWrites, failedWrites }) => slowWrites.length + failedWrites),
];
const HEAD = [
	...['fault', 'reads', 'hits', 'edits', 'stale', 'stale, as documented', 'longest stale'],
	...['let in', 'failed', 'over budget', 'ping p90', 'write p50', 'writes slow or failed'],
];
section(
	'Staleness under faults',
	'Two Directus processes: one edits items, users and permissions, the other only reads, through native and compatible routes, whole and streamed. Stale is an answer older than the last change that was acknowledged before the read was sent; let in, a caller whose access was revoked before; over budget, a request that took longer than the store and the provider may, whatever four of the slowest pings around it took taken off. On a machine whose pings are slow, the times say little. Milliseconds.',
	table([HEAD, ...byFault.map(([name, all]) => rowOf(name, all)), rowOf('in all', reports)]),
);
process.exit(reports.some((report) => Object.keys(findViolations(report)).length > 0) ? 1 : 0);
