import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { importX } from 'eslint-plugin-import-x';
import vue from 'eslint-plugin-vue';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import typescript from 'typescript-eslint';

const AT_DOORS = 'hooks|endpoints|operations|module|panels|interfaces';

/** An entry of `no-restricted-imports` for relative imports that lead into one of the folders. */
const folders = (names, message) => ({ regex: `^(\\.\\./)+(${names})/`, message });

/** All that is bundled for a browser; types cost nothing there. */
const OTHER_PACKAGES = {
	regex: '^(?!\\.{1,2}/|vue$|vue-router$|vue-i18n$|@directus/extensions-sdk$|@directus/types$)',
	message: 'The Studio bundle runs in a browser: Vue and the SDK alone.',
};

const BELOW_STUDIO = 'cache|content|stores|providers|runtime|hooks|endpoints';

/** What carries a Flow's step out, beside the form that describes it. */
const STEPS_WORK = {
	regex: '/(api|connect|flow-template|handler|options|port|request)\\.ts$',
	message: 'The form of a step knows nothing of how the step is carried out.',
};

const DIRECTUS_CODE = {
	regex: '^(@directus/|express|ioredis|undici|node:(http|https|net|dns|fs|child_process)|vue)',
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

/** The layers of the bundle, lowest first; each folder lists what it may not import. */
const layers = [
	{
		files: ['src/contract.ts'],
		patterns: [{ regex: '.', message: 'The contract imports nothing.' }],
	},
	{
		files: ['src/cache/**'],
		patterns: [
			folders(
				`content|stores|providers|runtime|${AT_DOORS}`,
				'The engine imports nothing above it: the contract and itself.',
			),
			DIRECTUS_CODE,
		],
	},
	{
		files: ['src/stores/**'],
		patterns: [
			folders(`content|providers|runtime|${AT_DOORS}`, 'A store knows the engine’s port and the contract alone.'),
		],
	},
	{
		files: ['src/providers/**'],
		patterns: [
			folders(`content|stores|runtime|${AT_DOORS}`, 'A provider knows the engine’s types and the contract alone.'),
			{ regex: '^@directus/', message: 'A provider knows no Directus.' },
		],
	},
	{
		files: ['src/content/**'],
		patterns: [folders(`stores|providers|runtime|${AT_DOORS}`, 'Reading content knows Directus and the engine alone.')],
	},
	{
		files: ['src/runtime/**'],
		patterns: [folders(AT_DOORS, 'The runtime is below the doors.')],
	},
	...['hooks', 'endpoints', 'operations'].map((door) => ({
		files: [`src/${door}/**/*.ts`],
		patterns: [
			folders(
				AT_DOORS.split('|')
					.filter((other) => other !== door)
					.join('|'),
				'Doors never import each other: share through the runtime or the contract.',
			),
		],
	})),
	{
		files: ['src/locales/**'],
		patterns: [
			{ regex: '^(?!\\./|\\.\\./catalogue\\.ts$|vue-i18n$)', message: 'Texts never import the code that shows them.' },
		],
	},
	{
		files: ['src/module/**'],
		patterns: [
			folders(`${BELOW_STUDIO}|operations|panels|interfaces`, 'The Studio imports the contract, Vue and the SDK.'),
			OTHER_PACKAGES,
		],
	},
	{
		files: ['src/panels/**', 'src/interfaces/**'],
		patterns: [
			folders(
				`${BELOW_STUDIO}|operations|panels|interfaces`,
				'A panel or a field imports the contract, Vue, the SDK and the module’s parts.',
			),
			OTHER_PACKAGES,
		],
	},
	{
		files: ['src/operations/*/app.ts', 'src/operations/**/form.ts', 'src/operations/**/*.vue'],
		patterns: [
			folders(`${BELOW_STUDIO}|module|panels|interfaces`, 'A step’s form imports the contract, Vue and the SDK.'),
			STEPS_WORK,
			OTHER_PACKAGES,
		],
	},
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
	{ files: ['src/contract.ts'], rules: { 'max-lines': 'off' } },
	...layers.map(({ files, patterns }) => ({
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
