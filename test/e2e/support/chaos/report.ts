/** What was seen while one fault came and went. */
export interface FaultReport {
	fault: string;
	reads: number;
	hits: number;
	edits: number;
	revocations: number;
	/** Answers older than the last change that was acknowledged before the read was sent, with how much older in ms. */
	stale: number[];
	/** Of those: older than the documents allow for this fault. */
	staleBeyondDocuments: number;
	/** Callers that were answered after the change that revoked their access was acknowledged. */
	letIn: number;
	/** Callers with access that were refused. */
	refused: number;
	failed: number;
	overBudget: number[];
	slowWrites: number[];
	failedWrites: number;
	writes: number[];
	/** How long the process that reads took for nothing at all: how busy the machine was. */
	pings: number[];
	/** The first incidents in words. */
	incidents: string[];
}

/** Of each kind. */
const MAX_INCIDENTS = 4;

export function newReport(fault: string): FaultReport {
	const counts = { reads: 0, hits: 0, edits: 0, revocations: 0, staleBeyondDocuments: 0, letIn: 0, refused: 0 };
	const lists = { stale: [], overBudget: [], slowWrites: [], writes: [], pings: [], incidents: [] };
	return { fault, ...counts, failed: 0, failedWrites: 0, ...lists };
}

export function addIncident(report: FaultReport, kind: string, text: string): void {
	const same = report.incidents.filter((incident) => incident.startsWith(`${kind}: `));
	if (same.length < MAX_INCIDENTS) report.incidents.push(`${kind}: ${text}`);
}

/** Everything that must not happen, by name; empty if all is well. */
export function findViolations(report: FaultReport): Record<string, number> {
	const all = {
		stale: report.staleBeyondDocuments,
		'let in': report.letIn,
		refused: report.refused,
		failed: report.failed,
		'over budget': report.overBudget.length,
		'slow writes': report.slowWrites.length,
		'failed writes': report.failedWrites,
	};
	return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}
