// AWS's SDK for JavaScript, version 3, in the place of another client: a JSON line for each call comes in, one for its outcome goes out.
// Bytes are {"$bytes": base64}, instants {"$date": ISO 8601}. Argument: the folder whose node_modules holds the SDK.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(process.argv[2] + '/')
const sdk = require('@aws-sdk/client-lambda')
const client = new sdk.LambdaClient({ maxAttempts: 1 })
const patience = { client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 }

const read = (_, value) => (value?.$bytes !== undefined ? Buffer.from(value.$bytes, 'base64') : value?.$date !== undefined ? new Date(value.$date) : value)
const bytes = (value) => value instanceof Uint8Array && { $bytes: Buffer.from(value).toString('base64') }
const written = (value) => {
  if (Array.isArray(value)) return value.map(written)
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  return bytes(value) || Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner)]))
}
const doing = {
  offers: () => Object.keys(sdk).filter((name) => name.endsWith('Command')).map((name) => name.slice(0, -'Command'.length)),
  send: ({ operation, members }) => client.send(new sdk[`${operation}Command`](members)),
  wait: async ({ waiter, members }) => (await sdk[`waitUntil${waiter}`](patience, members)).state,
  pages: async ({ operation, members }) => {
    const found = []
    for await (const page of sdk[`paginate${operation}`]({ client, pageSize: 1 }, members)) found.push(page)
    return found
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line, read)
  let told
  try {
    told = { status: 200, outcome: written(await doing[call.do](call)) }
  } catch (e) {
    told = { status: e.$metadata?.httpStatusCode ?? 0, code: e.name, message: e.message }
  }
  console.log(JSON.stringify(told))
}
