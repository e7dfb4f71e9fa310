import { StoreUnavailableError } from './errors.ts';
import { patientTimer } from './generation/busy-aware-timer.ts';

/**
 * The outcome of the call, or `StoreUnavailableError` once the time is over. `late` is given what came after that; a
 * late failure tells nobody anything new.
 */
export function timeLimit<Result>(
	milliseconds: number,
	call: () => Promise<Result>,
	late: (result: Result) => void = () => {},
): Promise<Result> {
	return new Promise((resolve, reject) => {
		let over = false;
		const cancel = patientTimer(milliseconds, () => {
			over = true;
			reject(new StoreUnavailableError(`no answer within ${milliseconds} ms`));
		});
		invoke(call).then(
			(result) => {
				cancel();
				if (over) late(result);
				else resolve(result);
			},
			(error: unknown) => {
				cancel();
				reject(unavailable(error));
			},
		);
	});
}

/** The same error where it says so already. */
export function unavailable(error: unknown): StoreUnavailableError {
	if (error instanceof StoreUnavailableError) return error;
	return new StoreUnavailableError('it answered with an error', { cause: error });
}

/** What the call throws at once rejects as well. */
async function invoke<Result>(call: () => Promise<Result>): Promise<Result> {
	return call();
}
