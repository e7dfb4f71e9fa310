import type { IncomingMessage } from 'node:http';

/**
 * The state of who may do what when a request came in, before Directus was asked. A caller whom Directus let in by the
 * rules of then is remembered only where they are still those of now.
 */
export const generations = new WeakMap<IncomingMessage, number>();
