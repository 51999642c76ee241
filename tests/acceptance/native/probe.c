/* A runtime that does what its event tells it, also what no runtime should do. It answers with what the Runtime API said. */

#include "runtime.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGEST 6291556

static int connection;
static char last[512] = "null"; /* what the Runtime API said to a request that came too late to be told of */

static int is(const struct answer *event, const char *mode)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"mode\": \"%s\"", mode);
    return strstr(event->body, quoted) != NULL;
}

static struct answer ask(int on, const char *method, const char *path, const char *header, const char *body)
{
    runtime_send(on, method, path, header, body, strlen(body));
    return runtime_receive(on);
}

static struct answer post(int on, const char *request_id, const char *what, const char *header, const char *body)
{
    char path[128];

    snprintf(path, sizeof path, "/runtime/invocation/%s/%s", request_id, what);
    return ask(on, "POST", path, header, body);
}

static void keep(struct answer said)
{
    snprintf(last, sizeof last, "{\"status\":%d,\"body\":%s}", said.status, said.length ? said.body : "null");
    free(said.body);
}

static void respond(const struct answer *event, const char *body)
{
    if (runtime_respond(connection, event->request_id, body, strlen(body)) != 202)
        exit(9);
}

static char *text(size_t length)
{
    char *body = malloc(length + 1);

    memset(body, 'x', length);
    body[0] = body[length - 1] = '"';
    body[length] = 0;
    return body;
}

/* Two pollers from here on; each answers with its name. Who asks while an event is out gets that one too, as on AWS, so an
 * answer may come second and be refused. */
static void poll_twice(void)
{
    struct pollfd pollers[] = {{runtime_connect(), POLLIN, 0}, {runtime_connect(), POLLIN, 0}};

    for (int n = 0; n < 2; n++)
        runtime_send(pollers[n].fd, "GET", "/runtime/invocation/next", "", "", 0);
    for (;;) {
        poll(pollers, 2, -1);
        for (int n = 0; n < 2; n++) {
            struct answer event;

            if (!pollers[n].revents)
                continue;
            event = runtime_receive(pollers[n].fd);
            free(post(connection, event.request_id, "response", "", n ? "\"second\"" : "\"first\"").body);
            free(event.body);
            runtime_send(pollers[n].fd, "GET", "/runtime/invocation/next", "", "", 0);
        }
    }
}

/* Answer, then answer once more while the next event is waited for. */
static struct answer answer_while_idle(const struct answer *event)
{
    int other = runtime_connect();

    respond(event, "\"once\"");
    runtime_send(connection, "GET", "/runtime/invocation/next", "", "", 0);
    keep(post(other, event->request_id, "response", "", "\"while idle\""));
    printf("while idle: %s\n", last);
    fflush(stdout);
    close(other);
    return runtime_receive(connection);
}

static void cut_off(const struct answer *event)
{
    char path[128];
    int other = runtime_connect();

    snprintf(path, sizeof path, "/runtime/invocation/%s/response", event->request_id);
    dprintf(other, "POST /2018-06-01%s HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nnot a hundred", path);
    shutdown(other, SHUT_WR);
    while (read(other, path, sizeof path) > 0) /* until it has been noticed */
        continue;
    close(other);
}

static void handle(const struct answer *event)
{
    if (is(event, "error")) {
        post(connection, event->request_id, "error", "Lambda-Runtime-Function-Error-Type: Function.Probe\r\n",
             "{\"errorMessage\":\"as told\",\"errorType\":\"ProbeError\"}");
    } else if (is(event, "exit")) {
        exit(3);
    } else if (is(event, "abort")) {
        abort();
    } else if (is(event, "hang")) {
        pause();
    } else if (is(event, "large")) {
        respond(event, text(LARGEST));
    } else if (is(event, "too large")) {
        keep(post(connection, event->request_id, "response", "", text(LARGEST + 1)));
    } else if (is(event, "wrong id")) {
        keep(post(connection, "00000000-0000-0000-0000-000000000000", "response", "", "1"));
        respond(event, last);
    } else if (is(event, "twice")) {
        respond(event, "\"once\"");
        keep(post(connection, event->request_id, "response", "", "\"twice\""));
    } else if (is(event, "last")) {
        respond(event, last);
    } else if (is(event, "ping")) {
        struct answer said = ask(connection, "GET", "/ping", "", "");
        snprintf(last, sizeof last, "[%d, \"%s\"]", said.status, said.body);
        respond(event, last);
    } else if (is(event, "mode that is none")) {
        keep(post(connection, event->request_id, "response",
                  "Lambda-Runtime-Function-Response-Mode: later\r\n", "1"));
    } else if (is(event, "cut off")) {
        cut_off(event);
    } else if (is(event, "memory")) {
        volatile char *hog = malloc(64 << 20);
        for (size_t at = 0; at < 64 << 20; at += 4096)
            hog[at] = 1;
        free((char *)hog);
        respond(event, "\"used\"");
    } else if (is(event, "two pollers")) {
        respond(event, "\"from now on\"");
        poll_twice();
    } else {
        respond(event, event->body);
    }
}

int main(void)
{
    const char *init = getenv("INIT");

    connection = runtime_connect();
    if (init && !strcmp(init, "error")) {
        ask(connection, "POST", "/runtime/init/error", "Lambda-Runtime-Function-Error-Type: Runtime.NoProbe\r\n",
            "{\"errorMessage\":\"no probe\",\"errorType\":\"Runtime.NoProbe\"}");
        exit(1);
    }
    if (init && !strcmp(init, "exit"))
        exit(4);
    if (init && !strcmp(init, "hang"))
        pause();
    puts("the probe is up");
    fflush(stdout);
    for (;;) {
        struct answer event = runtime_next(connection);
        while (is(&event, "while idle")) {
            struct answer next = answer_while_idle(&event);
            free(event.body);
            event = next;
        }
        handle(&event);
        free(event.body);
    }
}
