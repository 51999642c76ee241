"""AWS's words, one folder a service and one file a resource; handlers check, call one verb, shape the answer.

May import `execution` and below, never `gateway`; services do not import one another. Begin with `lambda_/functions.py`.
"""
