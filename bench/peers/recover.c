/*
 * The peer of recover: libsecp256k1's secp256k1_ecdsa_recover alone, on signatures that were parsed before the clock runs.
 * The prototypes are declared here, so that the library's runtime package is enough:
 *   cc -O3 recover.c -o recover -l:libsecp256k1.so.1
 * Argument: a file with one signature a line: digest, r, s (64 hex digits each) and recovery id.
 * Reads one count a line, recovers that many keys in turn, answers with nanoseconds of CPU time per key and a
 * sum over the keys, so that the work cannot be left out.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct secp256k1_context_struct secp256k1_context;
typedef struct { unsigned char data[64]; } secp256k1_pubkey;
typedef struct { unsigned char data[65]; } secp256k1_ecdsa_recoverable_signature;

extern secp256k1_context *secp256k1_context_create(unsigned int flags);
extern int secp256k1_ecdsa_recoverable_signature_parse_compact(
    const secp256k1_context *ctx, secp256k1_ecdsa_recoverable_signature *sig, const unsigned char *input64, int recid);
extern int secp256k1_ecdsa_recover(
    const secp256k1_context *ctx, secp256k1_pubkey *pubkey, const secp256k1_ecdsa_recoverable_signature *sig,
    const unsigned char *msghash32);

#define CONTEXT_FLAGS 0x301
#define MOST 4096

static unsigned char digests[MOST][32];
static secp256k1_ecdsa_recoverable_signature signatures[MOST];

static void read_hex(const char *text, unsigned char *bytes, int count)
{
    for (int i = 0; i < count; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            exit(2);
        bytes[i] = (unsigned char)byte;
    }
}

int main(int argc, char **argv)
{
    secp256k1_context *context = secp256k1_context_create(CONTEXT_FLAGS);
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    char digest[65], r[65], s[65];
    int id, known = 0;
    long count;
    if (file == NULL)
        return 2;
    while (known < MOST && fscanf(file, "%64s %64s %64s %d", digest, r, s, &id) == 4) {
        unsigned char compact[64];
        read_hex(digest, digests[known], 32);
        read_hex(r, compact, 32);
        read_hex(s, compact + 32, 32);
        if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context, &signatures[known], compact, id))
            return 3;
        known++;
    }
    fclose(file);
    if (known == 0)
        return 4;

    while (scanf("%ld", &count) == 1) {
        struct timespec from, to;
        uint64_t sum = 0;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        for (long i = 0; i < count; i++) {
            secp256k1_pubkey key;
            if (!secp256k1_ecdsa_recover(context, &key, &signatures[i % known], digests[i % known]))
                return 5;
            sum += key.data[0];
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        printf("%.2f %" PRIu64 "\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / count, sum);
        fflush(stdout);
    }
    return 0;
}
