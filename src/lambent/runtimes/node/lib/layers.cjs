// Packages that a layer brings for one major version of node alone. On AWS they come before those for every version, by
// NODE_PATH, in which AWS's node looks for ES modules too. Others look above the function's folder only, where links lead
// on to the packages for every version (`/var/node_modules`).
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const { pathToFileURL } = require('url');

const MAJOR = process.versions.node.split('.')[0];
const FOLDER = `/opt/nodejs/node${MAJOR}/node_modules`;

let register = () => {};

// Has them found, where there are any.
function offerPackages() {
  const folder = (process.env.NODE_PATH ?? '').split(':').find((place) => place.endsWith(FOLDER));
  if (!folder || !fs.existsSync(folder)) return;
  offerToRequire(folder);
  offerToImport(folder);
}

function offerToRequire(folder) {
  const link = path.resolve(process.env.LAMBDA_TASK_ROOT, '../node_modules');
  const usual = Module._nodeModulePaths;
  Module._nodeModulePaths = (from) => usual(from).flatMap((place) => (place === link ? [folder, link] : place));
}

function offerToImport(folder) {
  const where = {
    task: pathToFileURL(`${fs.realpathSync(process.env.LAMBDA_TASK_ROOT)}/`).href,
    layers: pathToFileURL(`${fs.realpathSync(path.resolve(folder, '../../..'))}/`).href,
    parent: pathToFileURL(path.resolve(folder, '../index.mjs')).href,
  };
  if (Module.registerHooks) {
    const { resolveAtOnce } = require('./layer_resolving.cjs');
    Module.registerHooks({ resolve: (specifier, context, next) => resolveAtOnce(where, specifier, context, next) });
  } else if (Module.register) {
    register = () => Module.register(pathToFileURL(require.resolve('./layer_resolving.cjs')), { data: where });
  } // before 18.19 and 20.6 node has no way
}

// To be called before the handler's module is imported. Older nodes start a thread for it, which a function that is
// no ES module does without.
function beforeImport() {
  register();
  register = () => {};
}

module.exports = { offerPackages, beforeImport };
