// Calls a function until it has an answer or the SDK gives up; prints how it ended, and after how many attempts.
import { createRequire } from 'node:module'

const [sdk, FunctionName] = process.argv.slice(2)
const { LambdaClient, InvokeCommand } = createRequire(sdk + '/')('@aws-sdk/client-lambda')
try {
  await new LambdaClient({}).send(new InvokeCommand({ FunctionName }))
  console.log(JSON.stringify("answered"))
} catch (e) {
  console.log(JSON.stringify([e.name, e.message, e.Reason, e.$metadata.httpStatusCode, e.$metadata.attempts]))
}
