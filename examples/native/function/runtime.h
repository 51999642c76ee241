/* The Runtime API by hand: one connection to it, one request at a time. */

#ifndef RUNTIME_H
#define RUNTIME_H

#include <stddef.h>

struct answer {
    int status;
    char request_id[64]; /* of the invocation, where the answer is one */
    char *body;          /* ends with a zero; the caller frees it */
    size_t length;
};

/* A connection to AWS_LAMBDA_RUNTIME_API; ends the program where there is none. */
int runtime_connect(void);

/* Send a request; `header` is a whole line with its \r\n, or empty. */
void runtime_send(int connection, const char *method, const char *path, const char *header,
                  const void *body, size_t length);

/* Read its answer. */
struct answer runtime_receive(int connection);

/* Wait for the next event. */
struct answer runtime_next(int connection);

/* Answer an event; the status is 202 where the answer was accepted. */
int runtime_respond(int connection, const char *request_id, const void *body, size_t length);

/* Say that an event failed. */
int runtime_fail(int connection, const char *request_id, const char *type, const char *message);

#endif
