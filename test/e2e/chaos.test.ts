import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SINGLE_FAULTS } from './support/chaos/faults.ts';
import { findViolations } from './support/chaos/report.ts';
import { type ChaosRun, startChaos } from './support/chaos/run.ts';
import { startSingle } from './support/chaos/stores.ts';

let chaos: ChaosRun;
beforeAll(async () => {
	chaos = await startChaos(await startSingle());
});
afterAll(() => chaos.stop());

/** A machine that is busy with other things is no fault; waiting for somebody who is gone is. */
const MAX_OVER_BUDGET_MS = 3000;

describe('gives nothing stale, lets nobody in and fails no request', () => {
	for (const fault of SINGLE_FAULTS) {
		it(`while ${fault.name}`, async () => {
			const report = await chaos.inflict(fault);
			const incidents = report.incidents.join('\n');
			const { 'over budget': _over, 'slow writes': _slow, ...violations } = findViolations(report);
			expect(violations, incidents).toEqual({});
			expect(Math.max(0, ...report.overBudget, ...report.slowWrites), incidents).toBeLessThan(MAX_OVER_BUDGET_MS);
			expect(report.reads).toBeGreaterThan(30);
		});
	}
});
