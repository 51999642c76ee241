// The console as AWS's runtime has it: text or JSON, with the request's id.
'use strict';

const { format } = require('util');
const { asError, shown } = require('./errors.cjs');

const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId');

class Logs {
  #json;
  #least;

  constructor(environ) {
    this.#json = environ.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
    this.#least = LEVELS[environ.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE;
  }

  set requestId(id) {
    globalThis[REQUEST_ID] = id;
  }

  patchConsole() {
    for (const [method, level] of [
      ['trace', 'TRACE'],
      ['debug', 'DEBUG'],
      ['info', 'INFO'],
      ['warn', 'WARN'],
      ['error', 'ERROR'],
      ['fatal', 'FATAL'],
    ]) {
      const written = LEVELS[level] >= this.#least;
      console[method] = written ? (message, ...more) => this.#write(level, message, more) : () => {};
    }
    console.log = console.info;
  }

  // Writes an error that the runtime reports; `what` is left out of JSON, as on AWS.
  error(what, thrown) {
    if (this.#json) console.error(asError(thrown));
    else console.error(what, shown(asError(thrown)));
  }

  #write(level, message, more) {
    const now = new Date().toISOString();
    const id = globalThis[REQUEST_ID];
    const line = this.#json
      ? asJson(id, now, level, [message, ...more])
      : `${now}\t${id}\t${level}\t${format(message, ...more)}`;
    // A message of several lines is one event: AWS's runtime joins them so when it writes to stdout.
    process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
  }
}

function asJson(requestId, timestamp, level, parts) {
  const line = { timestamp, level, requestId };
  if (parts.length === 1) {
    line.message = parts[0];
    try {
      return JSON.stringify(line, (_, value) => (value instanceof Error ? members(value) : value));
    } catch {
      line.message = format(parts[0]);
      return JSON.stringify(line);
    }
  }
  line.message = format(...parts);
  const error = parts.find((part) => part instanceof Error);
  if (error) Object.assign(line, described(error, []));
  return JSON.stringify(line);
}

function members(error) {
  return { ...described(error, error.stack), ...error };
}

function described(error, otherwise) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : otherwise,
  };
}

module.exports = { Logs };
