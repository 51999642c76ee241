/* Renders a part of the Mandelbrot set: {"width", "height", "x", "y", "span", "iterations"}, all of them optional, gives
 * {"width", "height", "milliseconds", "pixels"}: one byte a pixel, in base64. */

#include "runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_PIXELS 4000000 /* in base64 below the 6 MB that a response may have */

static double number(const char *event, const char *name, double otherwise)
{
    char quoted[32];
    const char *found;

    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    found = strstr(event, quoted);
    if (!found || !(found = strchr(found + strlen(quoted), ':')))
        return otherwise;
    return strtod(found + 1, NULL);
}

static unsigned char shade(double x, double y, int iterations)
{
    double a = 0, b = 0, a2 = 0, b2 = 0;
    int n = 0;

    for (; n < iterations && a2 + b2 <= 4; n++) {
        b = 2 * a * b + y;
        a = a2 - b2 + x;
        a2 = a * a;
        b2 = b * b;
    }
    return n == iterations ? 0 : 255 - 254 * n / iterations;
}

static char *base64(char *to, const unsigned char *from, size_t length)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned bits = from[i] << 16 | (left > 1 ? from[i + 1] << 8 : 0)
                      | (left > 2 ? from[i + 2] : 0);
        *to++ = digits[bits >> 18];
        *to++ = digits[bits >> 12 & 63];
        *to++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[bits & 63] : '=';
    }
    return to;
}

static void handle(int connection, const struct answer *event)
{
    int width = number(event->body, "width", 640), height = number(event->body, "height", 480);
    int iterations = number(event->body, "iterations", 200);
    double x = number(event->body, "x", -0.6), y = number(event->body, "y", 0);
    double span = number(event->body, "span", 3.2);
    struct timespec began, ended;
    unsigned char *pixels;
    char *body, *end;

    if (width < 1 || height < 1 || iterations < 1 || (long long)width * height > MOST_PIXELS) {
        runtime_fail(connection, event->request_id, "Function.BadEvent",
                     "width, height and iterations are positive, and the picture at most 4,000,000 pixels");
        return;
    }
    pixels = malloc((size_t)width * height);
    body = malloc((size_t)width * height / 3 * 4 + 256);
    if (!pixels || !body)
        exit(1);
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++)
            pixels[row * width + column] = shade(x + span * (column - width / 2.0) / width,
                                                 y + span * (row - height / 2.0) / width,
                                                 iterations);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    end = body + sprintf(body, "{\"width\":%d,\"height\":%d,\"milliseconds\":%.3f,\"pixels\":\"",
                         width, height,
                         (ended.tv_sec - began.tv_sec) * 1e3 + (ended.tv_nsec - began.tv_nsec) / 1e6);
    end = base64(end, pixels, (size_t)width * height);
    end = stpcpy(end, "\"}");
    runtime_respond(connection, event->request_id, body, end - body);
    free(pixels);
    free(body);
}

int main(void)
{
    int connection = runtime_connect();

    for (;;) {
        struct answer event = runtime_next(connection);
        handle(connection, &event);
        free(event.body);
    }
}
