import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import vue from 'eslint-plugin-vue';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import typescript from 'typescript-eslint';

/**
 * The rooms of `src` and what each may import besides itself: docs/architecture.md. Inside `services`, each room may
 * import those listed before it.
 */
const MAY_IMPORT = {
	shared: [],
	cache: ['shared'],
	stores: ['cache', 'shared'],
	providers: ['cache', 'shared'],
	content: ['cache', 'shared'],
	services: ['cache', 'providers', 'content', 'shared'],
	host: ['services', 'stores', 'providers', 'content', 'cache', 'shared'],
	hooks: ['host', 'services', 'providers', 'content', 'cache', 'shared'],
	endpoints: ['host', 'services', 'providers', 'content', 'cache', 'shared'],
	operations: ['host', 'services', 'content', 'cache', 'shared', 'locales'],
	module: ['shared', 'locales'],
	panels: ['shared', 'locales', 'module'],
	interfaces: ['shared', 'locales', 'module'],
	locales: ['shared'],
};
const SERVICES = [
	'utils',
	'errors',
	'config',
	'access',
	'validation',
	'limits',
	'streaming',
	'generation',
	'invalidation',
	'warming',
	'admin',
];

const zones = [
	...Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
		target: `./src/${room}`,
		from: './src',
		except: [room, ...allowed].map((name) => `./${name}`),
		message: `src/${room} may import ${allowed.length > 0 ? allowed.join(', ') : 'nothing'}: see docs/architecture.md.`,
	})),
	...SERVICES.map((room, index) => ({
		target: `./src/services/${room}`,
		from: './src/services',
		except: [`./${room}`, './host.ts', './opened-store.ts', ...SERVICES.slice(0, index).map((name) => `./${name}`)],
		message: `src/services/${room} may import the services before it: see docs/architecture.md.`,
	})),
];

/** A step's form runs in the browser: it must not reach the code that carries the step out. */
const FORMS = ['src/operations/*/app.ts', 'src/operations/**/form.ts', 'src/operations/**/*.vue'];
const formZones = ['host', 'services', 'content', 'cache'].map((room) => ({
	target: './src/operations',
	from: `./src/${room}`,
	message: 'The form of a step runs in the browser.',
}));

/** Everything that is bundled for a browser; types cost nothing there. */
const BROWSER = ['src/module/**', 'src/panels/**', 'src/interfaces/**', ...FORMS];
const OTHER_PACKAGES = {
	regex: '^(?!\\.{1,2}/|vue$|vue-router$|vue-i18n$|@directus/extensions-sdk$|@directus/types$)',
	message: 'The Studio bundle runs in a browser: Vue and the SDK alone.',
};

const OUTSIDE_WORLD = {
	regex: '^(@directus/|express|ioredis|node:(http|https|net|dns|fs|child_process)|vue)',
	message: 'The engine knows no Directus, Express, network or file system.',
};

/** What is bundled costs Directus time at each start, used or not. */
const AT_START = ['ioredis', 'prom-client', 'undici'].map((name) => ({
	name,
	allowTypeImports: true,
	message: 'Through the CommonJS module of that name beside its users: it is read at the first use.',
}));
const ZOD_WHOLE = {
	selector: 'ImportDeclaration[source.value="zod"] > ImportSpecifier',
	message: 'Import * as z: only so are the parts that nobody uses left out of the bundle.',
};

/** Packages that a room must not import. */
const packages = [
	{ files: ['src/cache/**'], patterns: [OUTSIDE_WORLD] },
	{ files: ['src/providers/**'], patterns: [{ regex: '^@directus/', message: 'A provider knows no Directus.' }] },
	{
		files: ['src/locales/**'],
		patterns: [{ regex: '^(?!\\.|vue-i18n$)', message: 'Texts know nothing of their readers.' }],
	},
	{ files: BROWSER, patterns: [OTHER_PACKAGES] },
];

export default defineConfig(
	{
		ignores: ['**/node_modules/', '**/dist/', '.cache/', 'coverage/', 'sandbox/*/data/', 'test/**/fixtures/'],
	},
	eslint.configs.recommended,
	{
		files: ['**/*.ts'],
		extends: [...typescript.configs.strictTypeChecked],
		languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
		rules: {
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
			'@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
			'@typescript-eslint/consistent-type-imports': 'error',
			'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
			'@typescript-eslint/require-await': 'off',
			// `noUncheckedIndexedAccess` asks at every index; where the index is known to be there, `!` says so.
			'@typescript-eslint/no-non-null-assertion': 'off',
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
		},
	},
	{
		files: ['**/*.vue'],
		// Vue's parser last: it hands the script to TypeScript's.
		extends: [...typescript.configs.strict, ...vue.configs['flat/recommended']],
		languageOptions: { parserOptions: { parser: typescript.parser, ecmaVersion: 'latest', sourceType: 'module' } },
		rules: {
			'no-undef': 'off',
			'vue/multi-word-component-names': 'off',
			'vue/require-default-prop': 'off',
			'vue/component-api-style': ['error', ['script-setup']],
			'vue/block-lang': ['error', { script: { lang: 'ts' } }],
			// The Studio registers its own components (`v-button`, `private-view` …) globally.
			'vue/no-undef-components': 'off',
		},
	},
	{
		files: ['src/**/*.{ts,vue}', 'test/**/*.ts', 'demo/**/*.ts'],
		plugins: { 'import-x': importX },
		rules: {
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/ban-ts-comment': 'error',
			'import-x/no-duplicates': ['error', { 'prefer-inline': true }],
			'import-x/first': 'error',
			'no-console': 'error',
			'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
			eqeqeq: ['error', 'always'],
		},
	},
	{ files: ['src/shared/api-types.ts'], rules: { 'max-lines': 'off' } },
	{
		files: ['src/**/*.{ts,vue}'],
		plugins: { 'import-x': importX },
		settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.vue', '.cjs'] })] },
		rules: {
			'import-x/no-restricted-paths': ['error', { zones }],
			'import-x/no-cycle': ['error', { ignoreExternal: true }],
		},
	},
	{ files: FORMS, rules: { 'import-x/no-restricted-paths': ['error', { zones: [...zones, ...formZones] }] } },
	...packages.map(({ files, patterns }) => ({
		files,
		rules: { 'no-restricted-imports': ['error', { patterns }] },
	})),
	{
		files: ['src/**/*.ts'],
		rules: {
			'@typescript-eslint/no-restricted-imports': ['error', { paths: AT_START }],
			'no-restricted-syntax': ['error', ZOD_WHOLE],
		},
	},
	{
		files: ['src/hooks/**', 'src/endpoints/**', 'src/operations/*/api.ts'],
		rules: {
			'@typescript-eslint/no-restricted-imports': [
				'error',
				{ paths: [...AT_START, { name: '@directus/extensions-sdk', message: 'It brings a zod of its own.' }] },
			],
		},
	},
	{
		files: ['test/**/*.ts', 'demo/**/*.ts'],
		rules: {
			'no-console': 'off',
			'@typescript-eslint/unbound-method': 'off',
		},
	},
	{
		files: ['**/*.{js,mjs,cjs}'],
		extends: [typescript.configs.disableTypeChecked],
		languageOptions: { globals: globals.node },
	},
	prettier,
);
