/** The library, read and evaluated at the first call. */
export function fflate(): typeof import('fflate');
