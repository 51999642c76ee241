import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.LinkedHashMap;
import java.util.Map;

/** A function on AWS's runtime interface client for Java. */
public class Function implements RequestHandler<Object, Object> {
    @Override
    public Object handleRequest(Object event, Context context) {
        if ("raise".equals(event)) throw new IllegalStateException("boom");
        if ("exit".equals(event)) System.exit(3);
        if ("large".equals(event)) return "x".repeat(6_291_554);
        context.getLogger().log("hello\n");
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("event", event);
        told.put("id", context.getAwsRequestId());
        told.put("arn", context.getInvokedFunctionArn());
        told.put("name", context.getFunctionName());
        told.put("memory", context.getMemoryLimitInMB());
        return told;
    }
}
