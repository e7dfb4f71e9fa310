/**
 * This CommonJS file is built separately, so that undici is loaded at the first call of a provider. It requires single
 * parts because the main module adds `fetch` and WebSockets, and replaces the dispatcher of Node's own `fetch`.
 */
exports.undici = () => {
	Object.assign(require('undici/lib/dispatcher/dispatcher').prototype, require('undici/lib/api'));
	return {
		buildConnector: require('undici/lib/core/connect'),
		EnvHttpProxyAgent: require('undici/lib/dispatcher/env-http-proxy-agent'),
		Pool: require('undici/lib/dispatcher/pool'),
	};
};
