/** CommonJS, which is built as a file of its own: a Directus with the memory store never reads ioredis. */
exports.ioredis = () => require('ioredis');
