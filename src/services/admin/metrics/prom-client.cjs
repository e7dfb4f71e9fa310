/**
 * CommonJS, which is built as a file of its own: prom-client is read at the first figure, not at the start of Directus.
 * Its parts one by one, because the whole brings OpenTelemetry's API and the figures of the process.
 */
exports.promClient = () => ({
	Counter: require('prom-client/lib/counter'),
	Gauge: require('prom-client/lib/gauge'),
	Histogram: require('prom-client/lib/histogram'),
	Registry: require('prom-client/lib/registry'),
});
