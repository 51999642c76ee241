//! A function on AWS's library for Rust.
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    match event.as_str() {
        Some("raise") => return Err("boom".into()),
        Some("panic") => panic!("boom"),
        Some("exit") => std::process::exit(3),
        Some("large") => return Ok("x".repeat(6_291_554).into()),
        _ => println!("hello"),
    }
    let known = &context.env_config;
    Ok(json!({
        "event": event, "id": context.request_id, "arn": context.invoked_function_arn,
        "name": known.function_name, "memory": known.memory,
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(handle)).await
}
