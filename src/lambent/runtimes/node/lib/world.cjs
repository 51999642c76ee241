// What surrounds the handler: environment, working directory, module path, standard streams.
'use strict';

const { spawnSync } = require('child_process');
const fs = require('fs');
const Module = require('module');
const { offerPackages } = require('./layers.cjs');

const SECOND_START = '_LAMBENT_SECOND_START';
const WRAPPER = 'AWS_LAMBDA_EXEC_WRAPPER';
const READ_AT_START = [
  ...['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_ICU_DATA', 'NODE_NO_WARNINGS'],
  ...['NODE_PENDING_DEPRECATION', 'NODE_PRESERVE_SYMLINKS', 'NODE_REDIRECT_WARNINGS', 'NODE_COMPILE_CACHE'],
  ...['NODE_DISABLE_COMPILE_CACHE', 'NODE_USE_ENV_PROXY', 'NODE_USE_SYSTEM_CA', 'NODE_V8_COVERAGE'],
  ...['LANG', 'OPENSSL_CONF', 'UV_USE_IO_URING'],
];
const PREFIXES_READ_AT_START = ['LD_', 'LC_', 'MALLOC_', 'GLIBC_'];

function isSecondStart() {
  const second = process.env[SECOND_START] === '1';
  delete process.env[SECOND_START];
  return second;
}

// Whether `environ` asks for what only a starting process can do: node is up before it is known.
function needsNewProcess(environ, bootedWith) {
  if (environ[WRAPPER]) return true;
  return Object.entries(environ).some(
    ([key, value]) =>
      (READ_AT_START.includes(key) || PREFIXES_READ_AT_START.some((prefix) => key.startsWith(prefix))) &&
      (bootedWith[key] ?? '') !== value,
  );
}

// Starts node once more with `environ` from its first moment, through the function's wrapper if any, and ends as it
// ends. node cannot replace its own process, so this one stays, doing nothing.
function startAgain(environ, bootstrap) {
  const command = [process.execPath, ...process.execArgv, bootstrap];
  const wrapper = environ[WRAPPER];
  if (wrapper) {
    refuseUnusable(wrapper);
    command.unshift(wrapper);
  }
  const ended = spawnSync(command[0], command.slice(1), {
    cwd: environ.LAMBDA_TASK_ROOT,
    env: { ...environ, [SECOND_START]: '1' },
    stdio: [0, 1, 2, 3, 4],
  });
  if (ended.error) end(`${command[0]}: ${ended.error.message}`, 126);
  if (ended.signal) process.kill(process.pid, ended.signal);
  process.exit(ended.status ?? 1);
}

function refuseUnusable(wrapper) {
  // The words and statuses are those of AWS's /var/runtime/bootstrap.
  const stat = fs.statSync(wrapper, { throwIfNoEntry: false });
  if (!stat?.isFile()) end(`${wrapper}: does not exist`, 127);
  try {
    fs.accessSync(wrapper, fs.constants.X_OK);
  } catch {
    end(`${wrapper}: is not an executable`, 126);
  }
}

function end(message, status) {
  process.stdout.write(`${message}\n`);
  process.exit(status);
}

// By default node lets what a full pipe does not take wait in memory, and loses it when the process ends.
function makeStreamsSynchronous() {
  for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true);
}

// Takes over `environ` as the whole environment.
function enter(environ) {
  for (const key of Object.keys(process.env)) if (!(key in environ)) delete process.env[key];
  Object.assign(process.env, environ);
}

// Working directory, module path, and what the process shows of how it was started.
function settle() {
  process.chdir(process.env.LAMBDA_TASK_ROOT);
  Module._initPaths(); // the one way to have a running node read NODE_PATH again
  offerPackages();
  // On AWS the entry is an ES module: a function's `require.main` is undefined.
  process.argv[1] = `${process.env.LAMBDA_RUNTIME_DIR}/index.mjs`;
  process.mainModule = undefined;
}

module.exports = { isSecondStart, needsNewProcess, startAgain, makeStreamsSynchronous, enter, settle };
