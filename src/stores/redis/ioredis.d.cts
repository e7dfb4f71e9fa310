/** The client's library, evaluated at the first call. */
export function ioredis(): typeof import('ioredis');
