/** A promise that the test settles. */
export interface Deferred<Value> {
	promise: Promise<Value>;
	resolve: (value: Value) => void;
	reject: (error: Error) => void;
}

export function deferred<Value>(): Deferred<Value> {
	let resolve: Deferred<Value>['resolve'] = () => {};
	let reject: Deferred<Value>['reject'] = () => {};
	const promise = new Promise<Value>((fulfil, refuse) => {
		resolve = fulfil;
		reject = refuse;
	});
	return { promise, resolve, reject };
}
