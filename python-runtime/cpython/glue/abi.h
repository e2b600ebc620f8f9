// The imports of wit/ as the canonical ABI of the component model lowers them, written by hand: a
// string or list is (pointer, length); option, result and variant are a discriminant and the joined
// payload; a result of more than one flat value comes back through a pointer, the last parameter.

#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, function)                                             \
    __attribute__((import_module("sluice:runtime/" interface "@0.1.0"), import_name(function)))

_Static_assert(sizeof(void *) == 4, "the canonical ABI below is the one of 32-bit memory");

// string and list<u8> in memory.
typedef struct {
    uint8_t *at;
    uint32_t size;
} AbiBytes;
_Static_assert(sizeof(AbiBytes) == 8, "string");

// result<call-id, failure>
typedef struct {
    uint8_t failed;
    union {
        uint64_t call;
        AbiBytes failure;
    };
} AbiStarted;
_Static_assert(sizeof(AbiStarted) == 16 && offsetof(AbiStarted, call) == 8
                   && offsetof(AbiStarted, failure) == 8,
               "result<u64, string>");

// record completion { call: call-id, outcome: result<answer, failure> }
typedef struct {
    uint64_t call;
    uint8_t failed;
    union {
        struct {
            AbiBytes value;
            AbiBytes attachment;
        } answer;
        AbiBytes failure;
    };
} AbiCompletion;
_Static_assert(sizeof(AbiCompletion) == 32 && offsetof(AbiCompletion, failed) == 8
                   && offsetof(AbiCompletion, answer) == 12
                   && offsetof(AbiCompletion, answer.attachment) == 20
                   && offsetof(AbiCompletion, failure) == 12,
               "completion");

// list<completion>
typedef struct {
    AbiCompletion *at;
    uint32_t count;
} AbiCompletions;
_Static_assert(sizeof(AbiCompletions) == 8, "list<completion>");

// result<description, failure>
typedef struct {
    uint8_t failed;
    union {
        struct {
            AbiBytes document;
            AbiBytes code;
        } description;
        AbiBytes failure;
    };
} AbiDescribed;
_Static_assert(sizeof(AbiDescribed) == 20 && offsetof(AbiDescribed, description) == 4
                   && offsetof(AbiDescribed, description.code) == 12
                   && offsetof(AbiDescribed, failure) == 4,
               "result<description, string>");

// result<json, failure>
typedef struct {
    uint8_t failed;
    AbiBytes text;
} AbiRan;
_Static_assert(sizeof(AbiRan) == 12 && offsetof(AbiRan, text) == 4, "result<string, string>");

IMPORT("trace", "start")
uint64_t host_span_start(uint64_t parent, const char *name, uint32_t name_size,
                         const char *attributes, uint32_t attributes_size, uint32_t has_uses,
                         const char *uses, uint32_t uses_size, uint32_t has_line, uint32_t line);
IMPORT("trace", "end")
void host_span_end(uint64_t span, uint32_t status, const char *failure, uint32_t failure_size);
IMPORT("trace", "set")
void host_span_set(uint64_t span, const char *attributes, uint32_t attributes_size);
IMPORT("trace", "progress")
void host_progress(uint64_t span, uint64_t done, uint32_t has_total, uint64_t total);
IMPORT("trace", "log")
void host_log(uint64_t span, uint32_t level, const char *message, uint32_t message_size,
              const char *attributes, uint32_t attributes_size);

IMPORT("calls", "start")
void host_call_start(uint64_t span, uint32_t kind, const char *arguments, uint32_t arguments_size,
                     const char *attachment, uint32_t attachment_size, uint32_t has_line,
                     uint32_t line, AbiStarted *result);
IMPORT("calls", "next")
void host_call_next(uint32_t has_timeout, uint64_t timeout_ms, AbiCompletions *result);
IMPORT("calls", "cancel")
void host_call_cancel(uint64_t call);

IMPORT("clock", "now-ms")
uint64_t host_now_ms(void);
IMPORT("entropy", "next")
uint64_t host_entropy(void);

IMPORT("process", "write")
void host_write(uint32_t stream, const uint8_t *bytes, uint32_t size);
IMPORT("process", "exit")
void host_exit(uint32_t status);

// Frees what the host put into memory. Of an empty list the host allocates nothing, and its pointer
// is any number.
void abi_free(AbiBytes bytes);

#endif
