import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { describeError, StoreOutage } from '../../src/host/store-outage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function observed() {
	const lines: string[] = [];
	const state = { works: false };
	const log = { warn: (line: string) => void lines.push(line), info: (line: string) => void lines.push(line) };
	const outage = new StoreOutage({ log, now: () => Date.now(), probe: () => Promise.resolve(state.works) });
	return { lines, state, outage };
}

const sentinelError = (delay: number): Error =>
	new Error(`All sentinels are unreachable. Retrying from scratch after ${delay}ms. Last error: Connection is closed.`);

describe('an outage of the store', () => {
	it('is logged once when it begins and once when it ends, whatever is reported meanwhile', async () => {
		const { lines, state, outage } = observed();
		for (let retry = 1; retry <= 15; retry++) {
			outage.report(retry % 2 ? sentinelError(retry * 10) : new Error('Connection is closed.'));
			await vi.advanceTimersByTimeAsync(1000);
		}
		expect(lines).toEqual([expect.stringContaining('All Sentinels are unreachable')]);
		expect(outage.reason).toBe('All Sentinels are unreachable: Connection is closed.');
		state.works = true;
		await vi.advanceTimersByTimeAsync(500);
		expect(lines.slice(1)).toEqual(['AI cache: the store works again after 16 s']);
		expect(outage.reason).toBeNull();
		expect(vi.getTimerCount()).toBe(0);
	});

	it('goes on if something fails while it is probed', async () => {
		const { lines, outage, state } = observed();
		state.works = true;
		outage.report(new Error('first'));
		const probed = outage.probe();
		outage.report(new Error('second'));
		await probed;
		expect([outage.reason, lines.length]).toEqual(['second', 1]);
	});

	it('is not watched any more once the store is closed', () => {
		const { outage } = observed();
		outage.report(new Error('away'));
		outage.stop();
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe('the reason of an outage', () => {
	it('is the code of a connection error, whose message names addresses', () => {
		const error = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' });
		expect(describeError(error)).toBe('ECONNREFUSED');
	});

	it('is an unknown command without its arguments, which may hold a request’s text', () => {
		const error = new Error("ERR unknown command 'ZADD', with args beginning with: 'rank' '1' 'my prompt' ");
		expect(describeError(error)).toBe("ERR unknown command 'ZADD'");
	});

	it('is the last node’s error where a cluster says that all failed', () => {
		const lastNodeError = Object.assign(new Error('no'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
		const error = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError });
		expect(describeError(error)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
	});
});
