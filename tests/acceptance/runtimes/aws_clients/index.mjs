// A function on AWS's runtime interface client for Node.js.
export const handler = async (event, context) => {
  if (event === 'raise') throw new TypeError('boom');
  if (event === 'exit') process.exit(3);
  if (event === 'large') return 'x'.repeat(6_291_554);
  console.log('hello');
  return {
    event, id: context.awsRequestId, arn: context.invokedFunctionArn,
    name: context.functionName, memory: Number(context.memoryLimitInMB),
  };
};
