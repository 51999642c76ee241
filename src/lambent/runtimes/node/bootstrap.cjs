// What /var/lang/bin/node is started with: says that it waits, becomes a function when told which, answers its invocations.
'use strict';

const v8 = require('v8');
const { Channel, WAITING } = require('./lib/channel.cjs');
const { takeOver } = require('./lib/faults.cjs');
const { Logs } = require('./lib/logs.cjs');
const { load } = require('./lib/loading.cjs');
const { rehearse } = require('./lib/rehearsal.cjs');
const { Runtime } = require('./lib/serving.cjs');
const world = require('./lib/world.cjs');

const SMALL_MEMORY_MB = 512;

async function receiveFunction(channel, bootedWith) {
  if (world.isSecondStart()) return;
  await rehearse();
  channel.send(WAITING, '{}');
  const order = channel.receiveStart();
  const environ = { ...order.environ, _HANDLER: order.handler };
  if (world.needsNewProcess(environ, bootedWith)) world.startAgain(environ, __filename);
  world.enter(environ);
}

function fitHeap(memoryMb) {
  // The heap's limit is fixed when the process starts, before the function is known. What still can be set is how much
  // garbage is let pile up: by default more than a small function has memory.
  if (memoryMb > SMALL_MEMORY_MB) return;
  v8.setFlagsFromString('--heap-growing-percent=30');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
}

async function main() {
  world.makeStreamsSynchronous();
  const channel = new Channel(3, 4);
  await receiveFunction(channel, { ...process.env });
  fitHeap(Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE));
  world.settle();
  const logs = new Logs(process.env);
  logs.patchConsole();
  const faults = takeOver(channel, logs);
  let handler;
  try {
    handler = await load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  } catch (error) {
    faults.failInit(error);
    return;
  }
  new Runtime(channel, logs, faults, handler).serve();
}

main();
