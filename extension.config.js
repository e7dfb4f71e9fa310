import { lazyLibraries, modernSyntax } from './scripts/support/build-plugins.mjs';

export default {
	plugins: [modernSyntax(), lazyLibraries()],
};
