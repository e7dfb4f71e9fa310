/** CommonJS, which is built as a file of its own: fflate is read at the first answer that it packs. */
exports.fflate = () => require('fflate');
