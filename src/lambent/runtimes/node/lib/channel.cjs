// The runtime's end of the framed channel (docs/architecture.md, "Frames of the channel").
'use strict';

// Taken now: a function may replace what these modules export.
const { readSync, writevSync } = require('fs');
const { Socket } = require('net');

const START = 1;
const INVOKE = 2;
const WAITING = 16;
const INIT_DONE = 17;
const INIT_ERROR = 18;
const RESPONSE = 19;
const ERROR = 20;

const HEADER_BYTES = 12;
const GULP = 65_536;

// Frames over two descriptors that no child inherits: node marks everything that it was started with close-on-exec.
class Channel {
  #requests;
  #responses;
  #socket = null;
  #hear = null;
  #short = Buffer.alloc(0); // less than a header
  #whole = null; // a frame that comes in several pieces
  #have = 0;

  constructor(requests, responses) {
    this.#requests = requests;
    this.#responses = responses;
  }

  // Waits, without turning the event loop, for the first frame; its meta.
  receiveStart() {
    const head = this.#exactly(HEADER_BYTES);
    if (head.readUInt32LE(0) !== START) process.exit(1);
    const meta = this.#exactly(head.readUInt32LE(4));
    this.#exactly(head.readUInt32LE(8));
    return JSON.parse(meta.toString());
  }

  #exactly(count) {
    const data = Buffer.allocUnsafe(count);
    for (let have = 0; have < count; ) {
      const more = readSync(this.#requests, data, have, count - have, null);
      if (!more) process.exit(0); // the engine has gone
      have += more;
    }
    return data;
  }

  // From now on `hear(meta, body)` is called with each invocation. The process ends when the engine closes its end.
  listen(hear) {
    this.#hear = hear;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(GULP),
      callback: (count, buffer) => {
        this.#take(buffer.subarray(0, count));
        return true;
      },
    };
    this.#socket = new Socket({ fd: this.#requests, readable: true, writable: false, onread });
    this.#socket.on('error', () => process.exit(1));
    this.#socket.on('close', () => process.exit(0));
    this.#socket.resume();
  }

  // Whether waiting for an order keeps the process alive: while a handler runs it must not.
  keepAlive(wanted) {
    if (wanted) this.#socket.ref();
    else this.#socket.unref();
  }

  #take(bytes) {
    if (this.#whole) {
      const count = bytes.copy(this.#whole, this.#have);
      this.#have += count;
      if (this.#have < this.#whole.length) return;
      const whole = this.#whole;
      this.#whole = null;
      this.#short = Buffer.from(bytes.subarray(count));
      this.#tell(whole);
      return;
    }
    const data = this.#short.length ? Buffer.concat([this.#short, bytes]) : bytes;
    if (data.length < HEADER_BYTES) {
      this.#short = Buffer.from(data);
      return;
    }
    const total = HEADER_BYTES + data.readUInt32LE(4) + data.readUInt32LE(8);
    if (data.length < total) {
      this.#short = Buffer.alloc(0);
      this.#whole = Buffer.allocUnsafeSlow(total);
      this.#have = data.copy(this.#whole);
      return;
    }
    this.#short = Buffer.from(data.subarray(total));
    this.#tell(data.subarray(0, total));
  }

  #tell(frame) {
    if (frame.readUInt32LE(0) !== INVOKE) process.exit(1);
    const bodyAt = HEADER_BYTES + frame.readUInt32LE(4);
    const meta = JSON.parse(frame.toString('utf8', HEADER_BYTES, bodyAt));
    this.#hear(meta, frame.toString('utf8', bodyAt));
  }

  // Sends one frame whole; `meta` and `body` are text.
  send(kind, meta, body = '') {
    const head = Buffer.allocUnsafe(HEADER_BYTES);
    const metaBytes = Buffer.from(meta);
    const bodyBytes = Buffer.from(body);
    head.writeUInt32LE(kind, 0);
    head.writeUInt32LE(metaBytes.length, 4);
    head.writeUInt32LE(bodyBytes.length, 8);
    let pieces = [head, metaBytes, bodyBytes];
    try {
      while (pieces.length) pieces = without(pieces, writevSync(this.#responses, pieces));
    } catch {
      process.exit(0); // the engine has gone
    }
  }
}

function without(pieces, count) {
  const rest = [];
  for (const piece of pieces) {
    if (count < piece.length) rest.push(piece.subarray(count));
    count = Math.max(0, count - piece.length);
  }
  return rest;
}

function peakMemoryBytes() {
  return process.resourceUsage().maxRSS * 1024;
}

module.exports = { Channel, WAITING, INIT_DONE, INIT_ERROR, RESPONSE, ERROR, peakMemoryBytes };
