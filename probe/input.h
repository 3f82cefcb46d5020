#ifndef SHILU_PROBE_INPUT_H
#define SHILU_PROBE_INPUT_H

#include "probe/report.h"

/*
 * The file under the probe, read by position. Reads beyond its end come back short; a read error
 * counts as the end and is noted in the report ("unreadable").
 */
struct probe_input;

uint64_t input_size(const struct probe_input *input);

/* Reads up to `len` bytes at `offset`; gives how many there were. */
size_t input_read(struct probe_input *input, uint64_t offset, void *at, size_t len);

/* The errno of the first read that failed and where it was; 0 when none did. */
int input_error(const struct probe_input *input, uint64_t *offset);

/*
 * Counts one header looked at. false once there were more than INPUT_HEADERS_MAX: a file made of
 * tiny boxes is not walked to its end.
 */
bool input_count_header(struct probe_input *input);

enum { INPUT_HEADERS_MAX = 1000000 };

/* An input over bytes in memory, for tests and fuzzers. NULL when memory is out. */
struct probe_input *input_from_bytes(struct probe_bytes bytes);

/* An input over a descriptor, which stays the caller's. NULL when memory is out. */
struct probe_input *input_from_fd(int fd, uint64_t size);

void input_free(struct probe_input *input);

/* Big- and little-endian numbers at `at`, which must hold enough octets. */
uint16_t read_be16(const uint8_t *at);
uint32_t read_be32(const uint8_t *at);
uint64_t read_be64(const uint8_t *at);
uint16_t read_le16(const uint8_t *at);
uint32_t read_le32(const uint8_t *at);
uint64_t read_le64(const uint8_t *at);
float read_le_float(const uint8_t *at);
double read_le_double(const uint8_t *at);

#endif
