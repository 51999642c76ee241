// Errors as AWS's Node.js runtime words them.
'use strict';

const { isNativeError } = require('util').types;

// Error classes whose `name` begins with `Runtime.`; the class's own name shows in traces.
function runtimeError(name) {
  const made = { [name]: class extends Error {} }[name];
  made.prototype.name = `Runtime.${name}`;
  return made;
}

const ImportModuleError = runtimeError('ImportModuleError');
const HandlerNotFound = runtimeError('HandlerNotFound');
const MalformedHandlerName = runtimeError('MalformedHandlerName');
const UserCodeSyntaxError = runtimeError('UserCodeSyntaxError');
const MalformedStreamingHandler = runtimeError('MalformedStreamingHandler');
const CallbackHandlerDeprecated = runtimeError('CallbackHandlerDeprecated');

class NodeJsExit extends Error {
  constructor() {
    super('The Lambda runtime client detected an unexpected Node.js exit code.');
  }
}
NodeJsExit.prototype.name = 'Runtime.NodeJsExit';

class UnhandledPromiseRejection extends Error {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}
UnhandledPromiseRejection.prototype.name = 'Runtime.UnhandledPromiseRejection';

// The object that tells of whatever was thrown, as the caller gets it.
function report(error) {
  try {
    if (isNativeError(error) || looksLikeAnError(error)) {
      return {
        errorType: printable(error.name),
        errorMessage: printable(error.message),
        trace: printable(error.stack).split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
  }
}

function looksLikeAnError(thing) {
  return Boolean(
    thing && [thing.name, thing.message, thing.stack].every((text) => text && typeof text === 'string'),
  );
}

function printable(text) {
  return text.replaceAll('\x7F', '%7F');
}

// As the function's log shows it; always begins with a tab.
function shown(error) {
  try {
    return `\t${JSON.stringify(error, (_, value) => withHiddenMembers(value))}`;
  } catch {
    return `\t${JSON.stringify(report(error))}`;
  }
}

function withHiddenMembers(value) {
  if (!(value instanceof Error)) return value;
  const members = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === 'string') members.stack = value.stack.split('\n');
  return members;
}

function asError(thrown) {
  return thrown instanceof Error ? thrown : new Error(thrown);
}

module.exports = {
  ImportModuleError,
  HandlerNotFound,
  MalformedHandlerName,
  UserCodeSyntaxError,
  MalformedStreamingHandler,
  CallbackHandlerDeprecated,
  NodeJsExit,
  UnhandledPromiseRejection,
  report,
  shown,
  asError,
};
