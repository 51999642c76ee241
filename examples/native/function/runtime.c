#include "runtime.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BASE "/2018-06-01"
#define HEAD_SIZE 8192

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

int runtime_connect(void)
{
    char host[64];
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    const char *colon = api ? strchr(api, ':') : NULL;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int connection, yes = 1;

    if (!colon || (size_t)(colon - api) >= sizeof host) {
        fputs("AWS_LAMBDA_RUNTIME_API is not host:port: is this Lambda?\n", stderr);
        exit(1);
    }
    memcpy(host, api, colon - api);
    host[colon - api] = 0;
    address.sin_port = htons(atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        give_up(host);
    connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address))
        give_up("connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connection;
}

static void send_all(int connection, struct iovec *pieces, int count)
{
    while (count) {
        ssize_t sent = writev(connection, pieces, count);
        if (sent < 0)
            give_up("write");
        for (; count && (size_t)sent >= pieces->iov_len; pieces++, count--)
            sent -= pieces->iov_len;
        if (count) {
            pieces->iov_base = (char *)pieces->iov_base + sent;
            pieces->iov_len -= sent;
        }
    }
}

void runtime_send(int connection, const char *method, const char *path, const char *header,
                  const void *body, size_t length)
{
    char head[HEAD_SIZE];
    int size = snprintf(head, sizeof head,
                        "%s " BASE "%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n%s\r\n",
                        method, path, getenv("AWS_LAMBDA_RUNTIME_API"), length, header);
    struct iovec pieces[] = {{head, size}, {(void *)body, length}};

    send_all(connection, pieces, length ? 2 : 1);
}

/* The value of a header of `head`, or NULL. */
static const char *value_of(const char *head, const char *name)
{
    size_t size = strlen(name);

    for (const char *line = head; (line = strstr(line, "\r\n"));) {
        line += 2;
        if (!strncasecmp(line, name, size) && line[size] == ':')
            return line + size + 1 + strspn(line + size + 1, " ");
    }
    return NULL;
}

struct answer runtime_receive(int connection)
{
    char head[HEAD_SIZE + 1];
    size_t have = 0, head_size, body_have;
    char *end = NULL;
    const char *value;
    struct answer answer = {0};

    while (!end) {
        ssize_t count = read(connection, head + have, HEAD_SIZE - have);
        if (count <= 0)
            give_up("the Runtime API hung up");
        have += count;
        head[have] = 0;
        end = strstr(head, "\r\n\r\n");
    }
    end[2] = 0;
    head_size = end + 4 - head;
    answer.status = atoi(head + sizeof "HTTP/1.1");
    if ((value = value_of(head, "Lambda-Runtime-Aws-Request-Id")))
        sscanf(value, "%63[^\r]", answer.request_id);
    if ((value = value_of(head, "Content-Length")))
        answer.length = strtoul(value, NULL, 10);
    if (!(answer.body = malloc(answer.length + 1)))
        give_up("malloc");
    body_have = have - head_size;
    memcpy(answer.body, head + head_size, body_have);
    while (body_have < answer.length) {
        ssize_t count = read(connection, answer.body + body_have, answer.length - body_have);
        if (count <= 0)
            give_up("the Runtime API hung up");
        body_have += count;
    }
    answer.body[answer.length] = 0;
    return answer;
}

struct answer runtime_next(int connection)
{
    runtime_send(connection, "GET", "/runtime/invocation/next", "", NULL, 0);
    return runtime_receive(connection);
}

static int post(int connection, const char *request_id, const char *what, const char *header,
                const void *body, size_t length)
{
    char path[128];
    struct answer answer;

    snprintf(path, sizeof path, "/runtime/invocation/%s/%s", request_id, what);
    runtime_send(connection, "POST", path, header, body, length);
    answer = runtime_receive(connection);
    free(answer.body);
    return answer.status;
}

int runtime_respond(int connection, const char *request_id, const void *body, size_t length)
{
    return post(connection, request_id, "response", "", body, length);
}

int runtime_fail(int connection, const char *request_id, const char *type, const char *message)
{
    char header[256], body[1024];
    int length = snprintf(body, sizeof body, "{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}",
                          message, type);

    snprintf(header, sizeof header, "Lambda-Runtime-Function-Error-Type: %s\r\n", type);
    return post(connection, request_id, "error", header, body, length);
}
