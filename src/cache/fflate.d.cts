/** The library, evaluated at the first call. */
export function fflate(): typeof import('fflate');
