import { accessSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

import type { Directus } from './directus.ts';
import { MODULE } from './module-bar.ts';
import { PROJECT } from './paths.ts';
import { ADMIN } from './process.ts';

export { enableModule } from './module-bar.ts';

export interface StudioOptions {
	/** Who logs in; the admin by default. */
	account?: { email: string; password: string };
	appearance?: 'light' | 'dark';
	/** A language of Directus, as `de-DE`. */
	language?: string;
	width?: number;
	height?: number;
}

/** One browser window that is logged in. */
export interface Studio {
	readonly page: Page;
	/** Opens a page of the Studio, as `/ai-cache/entries`, and waits until it stands. */
	open(location: string): Promise<void>;
	/** Saves what the window shows and answers the file's path. */
	screenshot(name: string): Promise<string>;
	/** What the page threw or logged as an error, and answers of our own routes that were refused. */
	readonly errors: string[];
	close(): Promise<void>;
}

let browser: Promise<Browser> | undefined;

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Opens the Studio of that Directus. The browser itself is shared until `closeBrowser()`. */
export async function openStudio(directus: Directus, options: StudioOptions = {}): Promise<Studio> {
	browser ??= chromium.launch({
		executablePath: findBrowser(),
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
	});
	const context = await (
		await browser
	).newContext({
		baseURL: directus.url,
		viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
		colorScheme: options.appearance ?? 'light',
		reducedMotion: 'reduce',
	});
	// Directus asks for a licence and a project owner in every new browser until it was told once to skip that.
	const dismissed = ['license-onboarding-dismissed', 'license-banner-dismissed'];
	await context.addCookies(dismissed.map((name) => ({ name, value: 'true', url: directus.url })));
	await logIn(context, directus, options.account ?? ADMIN);
	await setPreferences(context, options);
	const page = await context.newPage();
	const errors: string[] = [];
	page.on('pageerror', (error) => errors.push(error.message));
	page.on('console', (message) => {
		const isResource = message.text().startsWith('Failed to load resource');
		if (message.type() === 'error' && !isResource) errors.push(message.text());
	});
	page.on('response', (response) => {
		const ours = new URL(response.url()).pathname.startsWith(`/${MODULE}`);
		if (response.status() >= (ours ? 400 : 500)) errors.push(`${response.status()} ${response.url()}`);
	});
	return {
		page,
		errors,
		open: async (location) => {
			await page.goto(`/admin${location}`);
			await page.locator('#main-content, .private-view').first().waitFor();
			await page.waitForLoadState('networkidle');
		},
		screenshot: async (name) => {
			const file = path.join(PROJECT, '.cache/screenshots', `${name}.png`);
			await mkdir(path.dirname(file), { recursive: true });
			await page.screenshot({ path: file });
			return file;
		},
		close: () => context.close(),
	};
}

export async function closeBrowser(): Promise<void> {
	await (await browser)?.close();
	browser = undefined;
}

/** A session cookie, as the login page gets one. */
async function logIn(context: BrowserContext, directus: Directus, account: { email: string; password: string }) {
	const answer = await context.request.post(`${directus.url}/auth/login`, {
		data: { email: account.email, password: account.password, mode: 'session' },
	});
	if (!answer.ok()) throw new Error(`login as ${account.email} answered ${answer.status()}: ${await answer.text()}`);
}

async function setPreferences(context: BrowserContext, options: StudioOptions): Promise<void> {
	const data: Record<string, string> = {};
	if (options.appearance) data['appearance'] = options.appearance;
	if (options.language) data['language'] = options.language;
	if (Object.keys(data).length > 0) await context.request.patch('/users/me', { data });
}

function findBrowser(): string {
	const folders = (process.env['PATH'] ?? '').split(path.delimiter);
	const files = folders.flatMap((folder) => PROGRAMS.map((program) => path.join(folder, program)));
	const found = [process.env['CHROMIUM'], ...files].find((file) => file !== undefined && exists(file));
	if (found === undefined) throw new Error('No Chromium found: install it, or name its program in CHROMIUM');
	return found;
}

function exists(file: string): boolean {
	try {
		accessSync(file);
		return true;
	} catch {
		return false;
	}
}
