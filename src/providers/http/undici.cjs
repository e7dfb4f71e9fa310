/**
 * CommonJS, which is built as a file of its own: undici is read at the first call of a provider. Its parts one by one:
 * the whole brings `fetch` and WebSockets, and replaces the dispatcher of Node's own `fetch` in the process.
 */
exports.undici = () => {
	Object.assign(require('undici/lib/dispatcher/dispatcher').prototype, require('undici/lib/api'));
	return {
		buildConnector: require('undici/lib/core/connect'),
		EnvHttpProxyAgent: require('undici/lib/dispatcher/env-http-proxy-agent'),
		Pool: require('undici/lib/dispatcher/pool'),
	};
};
