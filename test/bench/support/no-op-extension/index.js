export default {
	id: 'nothing',
	handler: (router) => {
		router.post('/', (_request, response) => response.json({ data: null }));
	},
};
