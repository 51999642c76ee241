// What ends a function: errors that nobody caught, and an event loop with nothing left to do.
'use strict';

const { ERROR, INIT_ERROR, peakMemoryBytes } = require('./channel.cjs');
const { UnhandledPromiseRejection, report } = require('./errors.cjs');

const LONGEST_ANSWER = 6_291_556;
const LONGEST_TYPE = 256;
const UNSETTLED = 13; // node's own status for a top-level await that never ends
const TOO_LARGE = JSON.stringify({
  errorMessage: `Response payload size exceeded maximum allowed payload size (${LONGEST_ANSWER} bytes).`,
  errorType: 'Function.ResponseSizeTooLarge',
});

class Faults {
  #channel;
  #logs;
  #requestId = '';
  #whenIdle = () => process.exit(UNSETTLED);

  constructor(channel, logs) {
    this.#channel = channel;
    this.#logs = logs;
  }

  // From now on an uncaught error is one of this invocation.
  during(requestId) {
    this.#requestId = requestId;
  }

  // What to do once the event loop is empty.
  whenIdle(act) {
    this.#whenIdle = act;
  }

  idle() {
    this.#whenIdle();
  }

  uncaught(error) {
    this.#logs.error('Uncaught Exception', error);
    this.#end(error, 129);
  }

  unhandled(reason, promise) {
    const error = new UnhandledPromiseRejection(textOf(reason), promise);
    error.reason = reason;
    this.#logs.error('Unhandled Promise Rejection', error);
    this.#end(error, 128);
  }

  failInit(error) {
    this.#logs.error('Uncaught Exception', error);
    this.#end(error, 129);
  }

  // Answers the invocation with an error; `fatal` when this process ends after it.
  answer(requestId, error, fatal = false) {
    const told = report(error);
    const type = capped(told.errorType);
    const meta = JSON.stringify({ id: requestId, type, peak: peakMemoryBytes(), fatal });
    this.#channel.send(ERROR, meta, fitting(told));
  }

  answerTooLarge(requestId) {
    const type = 'Function.ResponseSizeTooLarge';
    this.#channel.send(ERROR, JSON.stringify({ id: requestId, type, peak: peakMemoryBytes() }), TOO_LARGE);
  }

  #end(error, status) {
    if (this.#requestId) {
      this.answer(this.#requestId, error, true);
    } else {
      const told = report(error);
      this.#channel.send(INIT_ERROR, JSON.stringify({ type: capped(told.errorType) }), fitting(told));
    }
    process.exit(status);
  }
}

function textOf(reason) {
  try {
    return reason === undefined || reason === null ? reason : String(reason);
  } catch {
    return undefined;
  }
}

function capped(type) {
  // Meta has a limit, the name of a class has none. The body tells it whole.
  return String(type).slice(0, LONGEST_TYPE);
}

function fitting(told) {
  const body = JSON.stringify(told);
  return Buffer.byteLength(body) <= LONGEST_ANSWER ? body : TOO_LARGE;
}

// Hears of everything that ends a function from now on.
function takeOver(channel, logs) {
  const faults = new Faults(channel, logs);
  process.on('uncaughtException', (error) => faults.uncaught(error));
  process.on('unhandledRejection', (reason, promise) => faults.unhandled(reason, promise));
  process.on('beforeExit', () => faults.idle());
  return faults;
}

module.exports = { takeOver, LONGEST_ANSWER };
