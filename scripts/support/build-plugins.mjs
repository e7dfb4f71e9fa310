/**
 * Build plug-ins for the API bundle, in addition to the SDK's own. Each process of Directus loads the bundle when it
 * starts, so it should read and evaluate as little as possible then.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

import { PROJECT } from './run.mjs';

/** The Node version in `engines` of package.json. */
const TARGET = 'node22';
const COMMANDER = /[\\/]ioredis[\\/]built[\\/]utils[\\/]Commander\.js$/;
const DEBUG = /[\\/]ioredis[\\/]built[\\/]utils[\\/]debug\.js$/;

const SOURCES = path.join(PROJECT, 'src') + path.sep;
const isShim = (id) => id.startsWith(SOURCES) && id.endsWith('.cjs');
const isServers = ({ plugins }) => !plugins.some((plugin) => plugin?.name === 'vite:vue');

/** Keeps modern syntax: the SDK's target turns every private field into a `WeakMap`, which is slow at each access. */
export function modernSyntax() {
	return {
		name: 'modern-syntax',
		options(options) {
			if (!isServers(options)) return null;
			const compiler = options.plugins.find((plugin) => plugin?.name === 'esbuild');
			if (compiler === undefined) throw new Error('The SDK compiles TypeScript in another way than with esbuild');
			const transform = (code, id) =>
				id.endsWith('.ts')
					? esbuild.transform(code, { loader: 'ts', target: TARGET, sourcemap: true, sourcefile: id })
					: null;
			return {
				...options,
				plugins: options.plugins.map((each) => (each === compiler ? { ...each, transform } : each)),
			};
		},
	};
}

/**
 * Bundles each CommonJS module of the sources with its dependencies into a separate file beside the bundle. The file is
 * loaded at the first call of an export. All exports must be functions without parameters.
 */
export function lazyLibraries() {
	let minify = false;
	return {
		name: 'lazy-libraries',
		buildStart({ plugins }) {
			minify = plugins.some(({ name }) => name === 'terser');
		},
		load(id) {
			if (!isShim(id)) return null;
			this.addWatchFile(id);
			const names = [...readFileSync(id, 'utf8').matchAll(/^exports\.(\w+) =/gm)].map(([, name]) => name);
			return [
				"import { createRequire } from 'node:module';",
				'const load = createRequire(import.meta.url);',
				...names.flatMap((name) => [
					`let ${name}Loaded;`,
					`export const ${name} = () => (${name}Loaded ??= load('./${path.basename(id)}').${name}());`,
				]),
			].join('\n');
		},
		async generateBundle({ sourcemap }) {
			for (const shim of [...this.getModuleIds()].filter(isShim)) {
				for (const { path: file, text } of await bundleAlone(shim, minify, sourcemap)) {
					const source = file.endsWith('.cjs') ? compiledAtOnce(text, this.parse(text)) : text;
					this.emitFile({ type: 'asset', fileName: path.basename(file), source });
				}
			}
		},
	};
}

/** Bundles a module and its dependencies as CommonJS, with a source map if requested. */
async function bundleAlone(module, minify, sourcemap) {
	const { outputFiles } = await esbuild.build({
		absWorkingDir: PROJECT,
		entryPoints: [module],
		outfile: path.join(PROJECT, 'dist', path.basename(module)),
		bundle: true,
		format: 'cjs',
		platform: 'node',
		target: TARGET,
		minify,
		legalComments: 'none',
		sourcemap: sourcemap ? 'linked' : false,
		plugins: [leanIoredis],
		write: false,
	});
	return outputFiles;
}

/**
 * Puts the modules, which are arrow functions after minifying, into brackets. V8 compiles functions in brackets at
 * once, because it expects an immediate call. It parses others twice.
 */
function compiledAtOnce(code, { body: statements }) {
	let result = '';
	let end = 0;
	for (const { init } of statements.flatMap(({ declarations = [] }) => declarations)) {
		const [module, ...more] = init?.type === 'CallExpression' ? init.arguments : [];
		if (more.length > 0 || module?.type !== 'ArrowFunctionExpression' || module.body.type !== 'BlockStatement')
			continue;
		const parameters = module.params.map((each) => code.slice(each.start, each.end)).join(',');
		const wrapped = `(function(${parameters})${code.slice(module.body.start, module.body.end)})`;
		result += code.slice(end, module.start) + wrapped;
		end = module.end;
	}
	return result + code.slice(end);
}

const leanIoredis = {
	name: 'lean-ioredis',
	setup(build) {
		// `delete` turns the prototype into a dictionary. V8 copies any other prototype each time a command is added.
		build.onLoad({ filter: COMMANDER }, ({ path: file }) => {
			const code = readFileSync(file, 'utf8');
			const loop = 'commands.forEach(';
			if (code.split(loop).length !== 2) throw new Error('ioredis adds its commands in another way');
			const deletion = 'Commander.prototype._ = 0; delete Commander.prototype._;';
			return { contents: code.replace(loop, `${deletion}\n${loop}`) };
		});
		// Removes the client's debug output: nobody needs it in production, and it would contain the entries.
		build.onLoad({ filter: DEBUG }, () => ({ contents: 'exports.default = () => () => {};' }));
	},
};
