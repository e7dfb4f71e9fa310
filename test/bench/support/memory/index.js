import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** `GET /memory`: of the Directus process; with `?collect` after a full collection. */
export default {
	id: 'memory',
	handler: (router) => {
		router.get('/', (request, response) => {
			if ('collect' in request.query) collect();
			response.json({ data: process.memoryUsage() });
		});
	},
};
