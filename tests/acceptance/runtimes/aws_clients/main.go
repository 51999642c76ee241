// A function on AWS's library for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func handle(ctx context.Context, event any) (any, error) {
	switch event {
	case "raise":
		return nil, errors.New("boom")
	case "panic":
		panic("boom")
	case "exit":
		os.Exit(3)
	case "large":
		return strings.Repeat("x", 6_291_554), nil
	}
	known, _ := lambdacontext.FromContext(ctx)
	fmt.Println("hello")
	return map[string]any{
		"event": event, "id": known.AwsRequestID, "arn": known.InvokedFunctionArn,
		"name": lambdacontext.FunctionName, "memory": lambdacontext.MemoryLimitInMB,
	}, nil
}

func main() { lambda.Start(handle) }
