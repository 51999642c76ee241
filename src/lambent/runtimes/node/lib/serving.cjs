// Invocations: the handler's context, its callback, its promise, and the one answer that each gets.
'use strict';

const { INIT_DONE, RESPONSE, peakMemoryBytes } = require('./channel.cjs');
const { NodeJsExit } = require('./errors.cjs');
const { LONGEST_ANSWER } = require('./faults.cjs');

const HAS_CALLBACKS = Number(process.versions.node.split('.')[0]) < 24;

// The name, and that of its method, are those that AWS's traces show.
class Runtime {
  #channel;
  #logs;
  #faults;
  #asynchronous;

  constructor(channel, logs, faults, handler) {
    this.#channel = channel;
    this.#logs = logs;
    this.#faults = faults;
    this.#asynchronous = handler.constructor?.name === 'AsyncFunction';
    this.handler = handler;
  }

  // Answers invocations until the engine closes the channel.
  serve() {
    this.#faults.whenIdle(() => {});
    this.#channel.listen((meta, event) => this.handleOnceNonStreaming(meta, event));
    this.#channel.send(INIT_DONE, `{"peak":${peakMemoryBytes()}}`);
  }

  handleOnceNonStreaming(meta, event) {
    this.#channel.keepAlive(false);
    this.#logs.requestId = meta.id;
    this.#faults.during(meta.id);
    const answers = this.#answers(meta.id);
    this.#faults.whenIdle(() => {
      if (this.#asynchronous || !HAS_CALLBACKS) answers.fail(new NodeJsExit());
      else answers.succeed(null);
    });
    try {
      const context = contextOf(meta, answers);
      const result = this.handler(JSON.parse(event), context, ...(HAS_CALLBACKS ? [answers.callback] : []));
      if (typeof result?.then === 'function') {
        result.then(answers.succeed, answers.fail);
      } else if (!HAS_CALLBACKS) {
        answers.succeed(result);
      }
    } catch (error) {
      answers.fail(error);
    }
  }

  // The ways to answer an invocation; only the first call to any of them counts.
  #answers(requestId) {
    const answers = { waits: true };
    let finished = false;
    const once = (act) => (...given) => {
      if (finished) return;
      finished = true;
      this.#faults.whenIdle(() => {});
      act(...given);
    };
    const succeed = (result) => this.#soon(() => this.#respond(requestId, result));
    const fail = (error) => this.#soon(() => this.#fail(requestId, error));
    const isError = (error) => error !== undefined && error !== null;
    answers.succeed = once(succeed);
    answers.fail = once((error) => fail(isError(error) ? error : 'handled'));
    answers.done = once((error, result) => (isError(error) ? fail(error) : succeed(result)));
    answers.callback = once((error, result) => {
      if (isError(error)) fail(error);
      else if (answers.waits) this.#faults.whenIdle(() => succeed(result));
      else succeed(result);
    });
    return answers;
  }

  // Once what the handler has set going for this turn of the loop is done, as AWS's runtime does.
  #soon(act) {
    this.#channel.keepAlive(true);
    setImmediate(act);
  }

  #respond(requestId, result) {
    let body;
    try {
      body = JSON.stringify(result === undefined ? null : result);
    } catch {
      this.#fail(requestId, unmarshallable());
      return;
    }
    body ??= 'null'; // a function or a symbol
    this.#settle();
    if (body.length * 3 > LONGEST_ANSWER && Buffer.byteLength(body) > LONGEST_ANSWER) {
      this.#faults.answerTooLarge(requestId);
      return;
    }
    this.#channel.send(RESPONSE, `{"id":${JSON.stringify(requestId)},"peak":${peakMemoryBytes()}}`, body);
  }

  #fail(requestId, error) {
    this.#logs.error('Invoke Error', error);
    this.#settle();
    this.#faults.answer(requestId, error);
  }

  #settle() {
    this.#faults.whenIdle(() => {});
    this.#channel.keepAlive(true);
  }
}

function unmarshallable() {
  const error = new Error('Unable to stringify response body');
  if (!HAS_CALLBACKS) error.name = 'Runtime.JSONStringifyError';
  return error;
}

function contextOf(meta, answers) {
  const { env } = process;
  if (meta.trace) env._X_AMZN_TRACE_ID = meta.trace;
  else delete env._X_AMZN_TRACE_ID;
  const context = HAS_CALLBACKS ? answering(answers) : {};
  return Object.assign(context, {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext(meta.context),
    identity: undefined,
    invokedFunctionArn: meta.arn,
    awsRequestId: meta.id,
    tenantId: undefined,
    getRemainingTimeInMillis: () => meta.deadline - Date.now(),
  });
}

function answering(answers) {
  return {
    get callbackWaitsForEmptyEventLoop() {
      return answers.waits;
    },
    set callbackWaitsForEmptyEventLoop(wanted) {
      answers.waits = wanted;
    },
    succeed: answers.succeed,
    fail: answers.fail,
    done: answers.done,
  };
}

function clientContext(text) {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ClientContext as json: ${error}`);
  }
}

module.exports = { Runtime };
