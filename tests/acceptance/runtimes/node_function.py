"""The function that the suite runs on every Node: one handler that does what its event names."""

HANDLER = """
const { spawnSync, spawn, fork } = require('child_process');
const fs = require('fs');
const { Worker } = require('worker_threads');

let count = 0;
class Failure extends Error {
  constructor(message) { super(message); this.name = 'Failure'; }
}
const checks = {
  echo: async (value) => value,
  environment: async () => ({ ...process.env }),
  place: async () => ({
    cwd: process.cwd(), uid: process.getuid(), major: Number(process.versions.node.split('.')[0]), file: __filename,
    main: require.main === undefined, argv: process.argv.slice(1),
  }),
  context: async (value, context) => {
    const left = context.getRemainingTimeInMillis();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { members: context, left, later: context.getRemainingTimeInMillis(), keys: Object.keys(context).sort() };
  },
  throw: async (value) => { throw new Failure(value); },
  soon: (value) => { throw new TypeError(value); },
  reject: () => Promise.reject(new RangeError('rejected')),
  thing: async (value) => { throw value; },
  circle: async () => { const at = {}; at.at = at; return at; },
  deep: async () => { const deeper = () => deeper() + 1; return deeper(); },
  exit: async (value) => { console.log('last words'); process.exit(value); },
  signal: async (value) => { process.kill(process.pid, value); await new Promise(() => setTimeout(() => {}, 9000)); },
  stray: async () => { Promise.reject(new Error('stray')); await new Promise((resolve) => setTimeout(resolve, 5000)); },
  uncaught: async () => { setTimeout(() => { throw new Error('uncaught'); }, 1); await new Promise((resolve) => setTimeout(resolve, 5000)); },
  never: () => new Promise(() => {}),
  log: async (value) => {
    console.log('logged %s', value, { a: [1] });
    console.info('informed');
    console.debug('debugged');
    console.warn('warned');
    console.error('failed', new Failure('in the log').message);
    console.log('two\\nlines');
    process.stdout.write('plain\\n');
    process.stderr.write('to stderr\\n');
  },
  size: async (value) => value.length,
  large: async (value) => 'x'.repeat(value),
  unicode: async (value) => [value, value.length, Buffer.from(value).toString('hex')],
  threads: async (value) => {
    const code = "const { parentPort, workerData } = require('worker_threads'); parentPort.postMessage(workerData * workerData)";
    const squared = (n) => new Promise((resolve, reject) => {
      const worker = new Worker(code, { eval: true, workerData: n });
      worker.on('message', resolve).on('error', reject);
    });
    return Promise.all(Array.from({ length: value }, (_, n) => squared(n)));
  },
  children: async () => {
    const shell = spawnSync('sh', ['-c', 'cat; exit 3'], { input: 'to a child' });
    const node = spawnSync(process.execPath, ['-p', '6 * 7']);
    const code = await new Promise((resolve) => spawn('sh', ['-c', 'kill -9 $$']).on('exit', (_, signal) => resolve(signal)));
    fs.writeFileSync('/tmp/child.js', "process.on('message', (m) => { process.send(m + 1); process.disconnect(); })");
    const child = fork('/tmp/child.js');
    const heard = await new Promise((resolve) => { child.on('message', resolve); child.send(41); });
    return [shell.stdout.toString(), shell.status, node.stdout.toString().trim(), code, heard];
  },
  count: async () => {
    count += 1;
    const kept = fs.existsSync('/tmp/kept');
    fs.writeFileSync('/tmp/kept', '');
    return [count, kept];
  },
  packages: async () => {
    const native = require('bufferutil');
    const data = Buffer.from([1, 2]);
    native.unmask(data, Buffer.from([255, 255, 0, 0]));
    const sdk = (name) => { try { return [require(name).whose, require.resolve(name)]; } catch { return null; } };
    const isNative = Object.keys(require.cache).some((file) => file.endsWith('.node'));
    return [[...data], isNative, sdk('@aws-sdk/client-s3'), sdk('@aws-sdk/client-x')];
  },
  smoke: async (value, context) => {
    const caught = [];
    for (const check of ['throw', 'soon', 'reject', 'nothing']) {
      try { await checks[check](value); } catch (error) { caught.push(error.name); }
    }
    console.warn('warned');
    const told = { caught };
    for (const check of ['echo', 'unicode', 'children', 'place', 'packages', 'count']) told[check] = await checks[check](value);
    const { members } = await checks.context(value, context);
    const large = await checks.large(100_000);
    return { ...told, large, threads: await checks.threads(2), context: members.awsRequestId, name: process.env.AWS_LAMBDA_FUNCTION_NAME };
  },
};
exports.nested = { handler: (event, context) => checks[event.do](event.with, context) };
"""

# Below: small functions of their own, `what`: (files, handler, event, what comes back).
WAYS = {
    "async": (
        {"index.js": "exports.handler = async (event) => event.a"},
        "index.handler",
    ),
    "mjs": (
        {
            "index.mjs": "const later = await Promise.resolve(1); export const handler = async (event) => event.a * later"
        },
        "index.handler",
    ),
    "type-module": (
        {
            "package.json": '{"type": "module"}',
            "src/index.js": "import { join } from 'node:path'; const one = await Promise.resolve(1);\n"
            "export const handler = async (event) => event.a * one * join('a', 'b').length / 3",
        },
        "src/index.handler",
    ),
    "cjs": (
        {
            "package.json": '{"type": "module"}',
            "index.cjs": "exports.handler = async (event) => event.a",
        },
        "index.handler",
    ),
    "imports-commonjs": (
        {
            "lib.cjs": "exports.one = 1",
            "index.mjs": "import lib from './lib.cjs'; import { createRequire } from 'node:module';\n"
            "const required = createRequire(import.meta.url)('./lib.cjs');\n"
            "export const handler = async (event) => event.a * lib.one * required.one",
        },
        "index.handler",
    ),
    "package": (
        {
            "node_modules/mine/package.json": '{"main": "main.js"}',
            "node_modules/mine/main.js": "exports.one = 1",
            "index.js": "const { one } = require('mine'); exports.handler = async (event) => event.a * one",
        },
        "index.handler",
    ),
    "default": (
        {"index.mjs": "export default { handler: async (event) => event.a }"},
        "index.default.handler",
    ),
}
"""Ways to write a handler that gives back the event's `a`."""

CALLBACKS = {
    "callback": "exports.handler = (event, context, callback) => setTimeout(callback, 5, null, event.a)",
    "callback-at-once": "exports.handler = (event, context, callback) => { callback(null, event.a) }",
    "callback-not-waiting": "exports.handler = (event, context, callback) => {\n"
    "  context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 60000); callback(null, event.a) }",
    "succeed": "exports.handler = (event, context, callback) => context.succeed(event.a)",
    "done": "exports.handler = (event, context, callback) => context.done(null, event.a)",
}
"""The ways of old, up to Node 22."""
