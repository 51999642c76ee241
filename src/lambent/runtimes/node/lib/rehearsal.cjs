// Does once, for nothing, what a cold start does: what node compiles and fetches for it is there then.
'use strict';

const path = require('path');
const { RESPONSE } = require('./channel.cjs');
const { load } = require('./loading.cjs');
const { Runtime } = require('./serving.cjs');

const REHEARSED = path.join(__dirname, 'rehearsed.cjs');
const NOTHING = () => {};

// Loads a handler and answers an invocation of it, both without anybody outside; leaves nothing behind.
async function rehearse() {
  process.env.LAMBDA_RUNTIME_DIR = path.dirname(__dirname);
  const handler = await load(__dirname, 'rehearsed.handler');
  await import('data:text/javascript,');
  const faults = { during: NOTHING, whenIdle: NOTHING };
  await new Promise((answered) => {
    const channel = {
      keepAlive: NOTHING,
      listen: (hear) => setImmediate(hear, { id: '', trace: '', context: '', deadline: 0, arn: '' }, '{}'),
      send: (kind) => kind === RESPONSE && answered(),
    };
    new Runtime(channel, {}, faults, handler).serve();
  });
  delete process.env.LAMBDA_RUNTIME_DIR;
  delete require.cache[REHEARSED];
  delete globalThis.awslambda;
}

module.exports = { rehearse };
