// AWS's SDK for JavaScript, version 3, through what is built; prints what it met as JSON.
// Arguments: the folder whose node_modules holds the SDK, a zip, the function's name, its role.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const [sdk, zip, FunctionName, Role] = process.argv.slice(2)
const require = createRequire(sdk + '/')
const {
  LambdaClient, CreateFunctionCommand, DeleteFunctionCommand, GetFunctionCommand, InvokeCommand,
  InvokeWithResponseStreamCommand, LambdaServiceException, ListTagsCommand, TagResourceCommand,
  UpdateFunctionCodeCommand, paginateListFunctions, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2,
} = require('@aws-sdk/client-lambda')
const { CloudWatchLogsClient, paginateFilterLogEvents } = require('@aws-sdk/client-cloudwatch-logs')
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')

const lambda = new LambdaClient({}), logs = new CloudWatchLogsClient({}), sts = new STSClient({})
const seen = {}
const ZipFile = readFileSync(zip)
const patience = { client: lambda, maxWaitTime: 30, minDelay: 1 }

const invoke = async (Payload) => {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload, LogType: 'Tail' }))
  const { FunctionError: error, ExecutedVersion: version } = answer
  return { result: JSON.parse(answer.Payload.transformToString()), error, version, tail: Buffer.from(answer.LogResult, 'base64').toString() }
}
const refusal = async (command) => {
  try {
    await lambda.send(command)
  } catch (e) {
    const known = e instanceof LambdaServiceException
    return [e.name, e.message, e.$metadata.httpStatusCode, e.$metadata.attempts, e.$fault, known]
  }
}
const every = async (pages, read) => {
  const found = []
  for await (const page of pages) found.push(...read(page))
  return found
}

const made = await lambda.send(new CreateFunctionCommand({ FunctionName, Role, Runtime: 'python3.11', Handler: 'app.handler', Code: { ZipFile } }))
seen.arn = made.FunctionArn
seen.active = (await waitUntilFunctionActiveV2(patience, { FunctionName })).state
seen.answer = await invoke(JSON.stringify({ name: 'zoë' }))
seen.raised = await invoke('"raise"')
await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))
seen.updated = (await waitUntilFunctionUpdatedV2(patience, { FunctionName })).state
await lambda.send(new TagResourceCommand({ Resource: made.FunctionArn, Tags: { team: 'x' } }))
seen.tags = (await lambda.send(new ListTagsCommand({ Resource: made.FunctionArn }))).Tags
seen.names = await every(paginateListFunctions({ client: lambda, pageSize: 1 }, {}), (page) => page.Functions.map((f) => f.FunctionName))
const filter = { logGroupName: `/aws/lambda/${FunctionName}`, filterPattern: 'said' }
const lines = () => every(paginateFilterLogEvents({ client: logs, pageSize: 1 }, filter), (page) => page.events.map((e) => e.message))
// Lines are there a moment after the answer; whoever started this ends it in case they never are.
do seen.messages = await lines().catch(() => [])
while (seen.messages.length < 2)
const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}))
seen.caller = [Account, Arn]
const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName }))
seen.downloaded = Buffer.from(await (await fetch(Code.Location)).arrayBuffer()).equals(ZipFile)
seen.refused = [
  await refusal(new InvokeCommand({ FunctionName, Payload: 'no json' })),
  await refusal(new GetFunctionCommand({ FunctionName: 'nobody' })),
  await refusal(new InvokeWithResponseStreamCommand({ FunctionName })),
]
seen.deleted = (await lambda.send(new DeleteFunctionCommand({ FunctionName }))).$metadata.httpStatusCode
console.log(JSON.stringify(seen))
