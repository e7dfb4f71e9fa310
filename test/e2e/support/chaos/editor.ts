import { setTimeout as wait } from 'node:timers/promises';

import { type Account, createAccount, createMember } from '../access.ts';
import type { Api } from '../api.ts';
import type { DirectusProcess } from '../process.ts';
import type { PingObserver } from './observer.ts';
import { addIncident, type FaultReport } from './report.ts';
import { type Caller, setAccess, type Truth, writeTitle } from './truth.ts';

/** A write's response waits for the cache for 300 ms at most. */
const WRITE_BUDGET_MS = 300;
/** SQLite alone takes some of it when two processes write. */
const SLACK_MS = 400;
/** How long Directus itself may take to learn of a change of permissions in another process. */
const PERMISSION_WAIT_MS = 3000;
const TEMPLATE = {
	...{ provider: 'openai', model: 'gpt-4o-mini', prompt: 'Rewrite {{title}}' },
	...{ collection: 'articles', item: 1 },
};

export interface EditingContext {
	truth: Truth;
	writer: DirectusProcess;
	reader: DirectusProcess;
	observer: PingObserver;
	report: () => FaultReport;
	acknowledged: Map<string, number>;
	isStopped: () => boolean;
}

/** A role whose members may ask, given to Directus as `AI_CACHE_ACCESS` before it exists. */
export const ASKING_ROLE = '5a3f9c52-8d2e-4e0b-9a59-0f3d7f6f7a11';

/** Callers of the asking role. */
export async function createCallers(directus: Api, names: readonly string[]): Promise<Caller[]> {
	await directus.data('POST', '/roles', { id: ASKING_ROLE, name: 'May ask' });
	const callers: Caller[] = [];
	for (const name of names) {
		const { id, token } = await createMember(directus, name, ASKING_ROLE);
		callers.push({ id, name, token, access: 'granted', epoch: 0, changed: 0, revoked: '' });
	}
	return callers;
}

/** Someone of the asking role who may read articles, until that permission is taken away. */
export async function createPermittedReader(directus: Api): Promise<Account> {
	const account = await createAccount(directus, 'permitted', [{ collection: 'articles', action: 'read' }]);
	await directus.data('POST', '/access', { role: ASKING_ROLE, policy: account.policy });
	await directus.data('PATCH', `/users/${account.id}`, { role: ASKING_ROLE });
	return account;
}

/** Changes one random article after the other, sometimes two in one transaction. */
export async function editForever(context: EditingContext): Promise<void> {
	const articles = [...context.truth.versions.keys()];
	const next = new Map(articles.map((article) => [article, context.truth.versions.get(article)! + 1]));
	while (!context.isStopped()) {
		const count = Math.random() < 0.25 ? 2 : 1;
		const chosen = articles.toSorted(() => Math.random() - 0.5).slice(0, count);
		const changes = chosen.map((id) => ({ id, title: writeTitle(next.get(id)!) }));
		const [first] = changes;
		const path = count === 1 ? `/items/articles/${first!.id}` : '/items/articles';
		const done = await write(context, 'PATCH', path, count === 1 ? { title: first!.title } : changes);
		for (const article of chosen) {
			const version = next.get(article)!;
			next.set(article, version + 1);
			if (!done) continue;
			context.truth.versions.set(article, version);
			context.acknowledged.set(`${article}:${version}`, performance.now());
			context.report().edits++;
		}
		await wait(30 + Math.random() * 60);
	}
}

/** What takes a caller's access away, and gives it back. */
const REVOCATIONS: ((caller: Caller) => [revoked: string, revoke: object, grant: object])[] = [
	() => ['status', { status: 'suspended' }, { status: 'active' }],
	() => ['role', { role: null }, { role: ASKING_ROLE }],
	({ token }) => ['token', { token: null }, { token }],
];

/** Takes one caller's access away after the other, and gives it back a little later. */
export async function revokeForever(context: EditingContext): Promise<void> {
	for (let turn = 0; !context.isStopped(); turn++) {
		const caller = context.truth.callers[turn % context.truth.callers.length]!;
		const [revoked, revoke, grant] = REVOCATIONS[turn % REVOCATIONS.length]!(caller);
		caller.revoked = revoked;
		setAccess(caller, 'changing');
		if (await writeUntilDone(context, `/users/${caller.id}`, revoke)) setAccess(caller, 'revoked');
		context.report().revocations++;
		await wait(500 + Math.random() * 500);
		setAccess(caller, 'changing');
		if (await writeUntilDone(context, `/users/${caller.id}`, grant)) setAccess(caller, 'granted');
		await wait(100);
	}
}

/** Takes the permission to read articles away. Once Directus refuses the reader, so must an item template. */
export async function forbidForever(context: EditingContext, { policy, token }: Account): Promise<void> {
	const { reader, writer } = context;
	const filter = encodeURIComponent(JSON.stringify({ policy: { _eq: policy } }));
	const [permission] = await writer.data<Record<string, unknown>[]>('GET', `/permissions?filter=${filter}`);
	const { id: first, ...definition } = permission!;
	let id = first;
	while (!context.isStopped()) {
		if (await write(context, 'DELETE', `/permissions/${String(id)}`)) {
			if (await untilStatus(reader, token, 403)) await expectTemplate(context, token, 403);
			const { body } = await writer.api<{ data?: { id: unknown } }>('POST', '/permissions', definition);
			if (body.data === undefined) throw new Error('the permission could not be given back');
			id = body.data.id;
			if (await untilStatus(reader, token, 200)) await expectTemplate(context, token, 200);
		}
		await wait(700);
	}
}

async function untilStatus(reader: Api, token: string, status: number): Promise<boolean> {
	const deadline = Date.now() + PERMISSION_WAIT_MS;
	while (Date.now() < deadline) {
		const answer = await reader.api('GET', '/items/articles/1?fields=title', undefined, token);
		if (answer.status === status) return true;
		await wait(30);
	}
	return false;
}

async function expectTemplate({ reader, report }: EditingContext, token: string, status: number): Promise<void> {
	for (let times = 0; times < 2; times++) {
		const answer = await reader.api('POST', '/ai-cache/generate', TEMPLATE, token);
		report().reads++;
		if (answer.status === status) continue;
		if (status === 403 && answer.status === 200) report().letIn++;
		else if (answer.status === 403) report().refused++;
		else report().failed++;
		addIncident(
			report(),
			status === 403 ? 'let in' : 'failed',
			`item template: ${answer.status}, Directus itself answered ${status} before`,
		);
	}
}

async function writeUntilDone(context: EditingContext, path: string, body: object): Promise<boolean> {
	for (let attempt = 0; attempt < 10; attempt++) {
		if (await write(context, 'PATCH', path, body)) return true;
		await wait(100);
	}
	return false;
}

/** Whether the write was acknowledged. */
async function write(context: EditingContext, method: string, path: string, body?: object): Promise<boolean> {
	const report = context.report();
	const started = performance.now();
	let status: number | string;
	try {
		({ status } = await context.writer.api(method, path, body));
	} catch (error) {
		status = String(error);
	}
	const ended = performance.now();
	report.writes.push(ended - started);
	const over = ended - started - context.observer.estimateNoise(started, ended);
	if (over > WRITE_BUDGET_MS + SLACK_MS) {
		report.slowWrites.push(over);
		addIncident(
			report,
			'slow write',
			`${method} ${path} took ${Math.round(ended - started)} ms, ${Math.round(over)} without noise`,
		);
	}
	if (typeof status === 'number' && status < 300) return true;
	report.failedWrites++;
	addIncident(report, 'failed write', `${method} ${path}: ${status}`);
	return false;
}
