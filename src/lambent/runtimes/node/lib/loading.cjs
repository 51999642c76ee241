// Finding the handler, with AWS's words for all that can go wrong.
'use strict';

const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');
const { pathToFileURL } = require('url');
const errors = require('./errors.cjs');
const { beforeImport } = require('./layers.cjs');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const NO_CALLBACKS_FROM = 24;
const NO_CALLBACKS =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';
const NO_STREAMING =
  'lambent does not run handlers made with awslambda.streamifyResponse yet: return the response instead.';
const MAJOR = Number(process.versions.node.split('.')[0]);

// The function that `handler` (`dir/file.export[.nested]`) names below `root`.
async function load(root, handler) {
  if (handler.includes('..')) {
    throw new errors.MalformedHandlerName(
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const folder = handler.slice(0, handler.indexOf(base));
  const named = base.match(/^([^.]*)\.(.*)$/);
  if (!named) throw new errors.MalformedHandlerName('Bad handler');
  const loaded = await loadModule(root, folder, named[1]);
  const found = named[2].split('.').reduce((inner, key) => inner && inner[key], loaded);
  if (!found) throw new errors.HandlerNotFound(`${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new errors.HandlerNotFound(`${handler} is not a function`);
  refuseUnsupported(found);
  return found;
}

function refuseUnsupported(handler) {
  if (handler[STREAMING]) throw new errors.MalformedStreamingHandler(NO_STREAMING);
  if (MAJOR >= NO_CALLBACKS_FROM && handler.length >= 3) {
    throw new errors.CallbackHandlerDeprecated(NO_CALLBACKS);
  }
}

async function loadModule(root, folder, name) {
  offerAwslambda();
  try {
    return await firstThatIsThere(root, folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) {
      const fault = new errors.UserCodeSyntaxError(error);
      if (MAJOR >= NO_CALLBACKS_FROM) fault.stack = error.stack;
      throw fault;
    }
    if (error?.code === 'MODULE_NOT_FOUND') throw new errors.ImportModuleError(error);
    throw error;
  }
}

function offerAwslambda() {
  if (['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = {
    streamifyResponse(handler) {
      handler[STREAMING] = 'response';
      return handler;
    },
  };
}

async function firstThatIsThere(root, folder, name) {
  const require = createRequire(`${process.env.LAMBDA_RUNTIME_DIR}/index.mjs`);
  const file = path.resolve(root, folder, name);
  const isModule = inPackageOfModules(path.dirname(file));
  const typescript = MAJOR >= NO_CALLBACKS_FROM;
  const ways = [
    ['', require],
    ['.js', isModule ? imported : require],
    ['.mjs', imported],
    ['.cjs', require],
    ...(typescript ? [['.ts', isModule ? imported : require], ['.mts', imported], ['.cts', require]] : []),
  ];
  for (const [extension, take] of ways) {
    if (fs.existsSync(file + extension)) {
      const loaded = await take(file + extension);
      if (loaded) return loaded;
    }
  }
  return require(require.resolve(name, { paths: [root, folder] }));
}

function imported(file) {
  beforeImport();
  return import(pathToFileURL(file).href);
}

function inPackageOfModules(folder) {
  for (let at = folder; !at.endsWith('/node_modules'); at = path.dirname(at)) {
    const description = path.join(at, 'package.json');
    if (fs.existsSync(description)) return isOfModules(description);
    if (at === '/') break;
  }
  return false;
}

function isOfModules(description) {
  try {
    return JSON.parse(fs.readFileSync(description, 'utf8'))?.type === 'module';
  } catch (error) {
    console.warn(`${description} cannot be read, it will be ignored for ES module detection purposes.`, error);
    return false;
  }
}

module.exports = { load };
