/** The parts of the library that are used, read and evaluated at the first call. */
export function promClient(): Pick<typeof import('prom-client'), 'Counter' | 'Gauge' | 'Histogram' | 'Registry'>;
