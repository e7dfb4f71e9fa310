/** Returns the parts of undici that send requests. They are loaded at the first call. */
export function undici(): Pick<typeof import('undici'), 'buildConnector' | 'EnvHttpProxyAgent' | 'Pool'>;
