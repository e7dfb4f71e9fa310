import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Bytes in use after a full collection. */
export default {
	id: 'heap',
	handler: (router) => {
		router.get('/', (_request, response) => {
			collect();
			collect();
			const { heapUsed, external } = process.memoryUsage();
			response.json({ data: { heapUsed, external } });
		});
	},
};
