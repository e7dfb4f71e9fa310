import { describe, expect, it } from 'vitest';

import { Flights } from '../../../src/cache/generation/single-flight.ts';
import { deferred } from '../support/deferred.ts';

function start(flights: Flights<string, number>, key = 'a', tags: string[] = []) {
	const { promise, resolve, reject } = deferred<number>();
	const told = { signal: new AbortController().signal, launch: (_: string | undefined) => {} };
	const flight = flights.start(key, tags, (signal, launch) => {
		Object.assign(told, { signal, launch });
		return promise;
	});
	return { flight, told, land: resolve, crash: reject };
}

describe('flights', () => {
	it('are known by their key until they end, well or badly', async () => {
		const flights = new Flights<string, number>();
		const well = start(flights, 'a');
		const badly = start(flights, 'b');
		expect([flights.get('a'), flights.get('b'), flights.size]).toEqual([well.flight, badly.flight, 2]);
		well.land(1);
		badly.crash(new Error('it crashed'));
		expect(await well.flight.outcome).toBe(1);
		await expect(badly.flight.outcome).rejects.toThrow('it crashed');
		expect(flights.size).toBe(0);
	});

	it('give their place to a newer one of the same key, and do not take it away at their end', async () => {
		const flights = new Flights<string, number>();
		const older = start(flights);
		const newer = start(flights);
		older.land(1);
		await older.flight.outcome;
		expect(flights.get('a')).toBe(newer.flight);
	});

	it('are told when the last has left, once and not before', () => {
		const { flight, told } = start(new Flights());
		const [leaveOne, leaveTwo] = [flight.join(), flight.join()];
		leaveOne();
		leaveOne();
		expect(told.signal.aborted).toBe(false);
		leaveTwo();
		expect(told.signal.aborted).toBe(true);
	});

	it('tell what can be followed, or at their end that there is nothing', async () => {
		const flights = new Flights<string, number>();
		const streaming = start(flights, 'a');
		const whole = start(flights, 'b');
		streaming.told.launch('live');
		whole.land(2);
		expect([await streaming.flight.live, await whole.flight.live]).toEqual(['live', undefined]);
	});
});
