/** CommonJS, which is bundled as a function: a Directus with the memory store never evaluates ioredis. */
exports.ioredis = () => require('ioredis');
