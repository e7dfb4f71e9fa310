import { afterEach, beforeEach, describe } from 'vitest';
import { browseContract } from './browse.contract.ts';
import { entriesContract } from './entries.contract.ts';
import type { StartHarness, StoreHarness } from './harness.ts';
import { invalidationContract } from './invalidation.contract.ts';
import { keptContract } from './stale-answers.contract.ts';
import { leasesContract } from './leases.contract.ts';
import { ledgerContract } from './metadata.contract.ts';
import { matchingContract } from './purge-by-criteria.contract.ts';

/** What every store promises. Each test gets a store of its own from `start`. */
export function describeStore(name: string, start: StartHarness): void {
	describe(name, () => {
		let harness: StoreHarness;
		beforeEach(async () => {
			harness = await start();
		});
		afterEach(() => harness.stop());

		const current = (): StoreHarness => harness;
		entriesContract(current);
		invalidationContract(current);
		matchingContract(current);
		keptContract(current);
		leasesContract(current);
		browseContract(current);
		ledgerContract(current);
	});
}
