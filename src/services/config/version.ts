/** That of this bundle, as in `package.json`. */
export const VERSION = '0.1.0';
