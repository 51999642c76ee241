"""lambent runs AWS Lambda functions on your own machines: the AWS API on the wire, real sandboxes, durable events.

The floors are listed in docs/architecture.md; imports only go down. Begin reading at `daemon/supervisor.py`.
"""
