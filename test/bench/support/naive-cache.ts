import { hash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import type { Redis } from 'ioredis';

const COMPRESS_ABOVE = 1000;
const KEYS_PER_DEL = 50_000;
const TTL_SECONDS = 86_400;

/**
 * The first sketch of this cache, to measure beside: MD5 of the prompt in the key, a counter after every look-up, KEYS
 * and DEL to invalidate. Knows no content and no token; an answer under way outlives its invalidation.
 */
export class SketchCache {
	readonly #redis: Redis;

	constructor(redis: Redis) {
		this.#redis = redis;
	}

	keyOf(prompt: string, collection: string): string {
		return `ai_response:v2:openai:gpt-4o:${hash('md5', prompt)}:collection:${collection}`;
	}

	async get(prompt: string, collection: string): Promise<string | null> {
		const cached = await this.#redis.getBuffer(this.keyOf(prompt, collection));
		await this.#redis.incr(`cache:openai:gpt-4o:${cached === null ? 'misses' : 'hits'}`);
		if (cached === null) return null;
		// A zlib stream begins so (RFC 1950).
		return cached[0] === 0x78 ? inflateSync(cached).toString() : cached.toString();
	}

	async set(prompt: string, collection: string, answer: string): Promise<void> {
		const value = answer.length > COMPRESS_ABOVE ? deflateSync(answer) : answer;
		await this.#redis.set(this.keyOf(prompt, collection), value, 'EX', TTL_SECONDS);
	}

	/** Every key of the database is looked at, every match deleted. Answers how many that were. */
	async invalidate(collection: string): Promise<number> {
		const keys = await this.#redis.keys(`ai_response:v2:*:*:*:collection:${collection}`);
		let deleted = 0;
		// The sketch names them all in one command, which no client can send for a million.
		for (let start = 0; start < keys.length; start += KEYS_PER_DEL) {
			deleted += await this.#redis.del(...keys.slice(start, start + KEYS_PER_DEL));
		}
		return deleted;
	}

	/** So many entries of one collection, as quickly as Redis takes them. */
	async fill(count: number, collection: string, answer: string): Promise<void> {
		const value = answer.length > COMPRESS_ABOVE ? deflateSync(answer) : answer;
		for (let start = 0; start < count; start += 1000) {
			const pipeline = this.#redis.pipeline();
			for (let index = start; index < Math.min(count, start + 1000); index++) {
				pipeline.set(this.keyOf(`p${index}`, collection), value, 'EX', TTL_SECONDS);
			}
			await pipeline.exec();
		}
	}
}
