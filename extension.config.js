import { lazyLibraries, modernSyntax } from './scripts/support/rollup.mjs';

export default {
	plugins: [modernSyntax(), lazyLibraries()],
};
