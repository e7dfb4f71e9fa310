export default {
	plugins: [],
};
