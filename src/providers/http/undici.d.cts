/** The parts of undici that send requests, read and evaluated at the first call. */
export function undici(): Pick<typeof import('undici'), 'buildConnector' | 'EnvHttpProxyAgent' | 'Pool'>;
