// Where an import leads when a layer brings packages for this major version of node. Older nodes load this file in a thread
// of their own and call `initialize` and `resolve`.
'use strict';

const NOT_BARE = /^(\.{0,2}\/|#|[a-z][a-z0-9+.-]*:)/i;

let given;

exports.initialize = function initialize(where) {
  given = where;
};

exports.resolve = async function resolve(specifier, context, next) {
  const usual = await next(specifier, context).then(succeeded, failed);
  if (isSettled(given, specifier, context, usual)) return outcome(usual);
  const ours = await next(specifier, { ...context, parentURL: given.parent }).then(succeeded, failed);
  return outcome(ours.found ? ours : usual);
};

// The same, where node asks in the thread of the function.
exports.resolveAtOnce = function resolveAtOnce(where, specifier, context, next) {
  const usual = tried(() => next(specifier, context));
  if (isSettled(where, specifier, context, usual)) return outcome(usual);
  const ours = tried(() => next(specifier, { ...context, parentURL: where.parent }));
  return outcome(ours.found ? ours : usual);
};

// What the function's own package has comes first, and layers' packages see what lies beside them first.
function isSettled(where, specifier, context, usual) {
  if (NOT_BARE.test(specifier)) return true;
  if (!usual.found) return false;
  const { url } = usual.found;
  return url.startsWith('node:') || url.startsWith(where.task) || Boolean(context.parentURL?.startsWith(where.layers));
}

function tried(act) {
  try {
    return succeeded(act());
  } catch (error) {
    return failed(error);
  }
}

function succeeded(found) {
  return { found };
}

function failed(error) {
  return { error };
}

function outcome(result) {
  if (result.found) return result.found;
  throw result.error;
}
