/** CommonJS, which is bundled as a function: fflate builds its tables at the first answer that it packs. */
exports.fflate = () => require('fflate');
