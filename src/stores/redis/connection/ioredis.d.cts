/** The client's library, read and evaluated at the first call. */
export function ioredis(): typeof import('ioredis');
