/*
 * The peer of Keccak-256: the same permutation with its rounds unrolled, lanes in locals, for cc -O3.
 * Reads one count a line, hashes that many chained messages of 136 bytes, answers with nanoseconds of CPU time per message and,
 * so that the work cannot be left out and the answers can be compared, the last digest.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RATE 136
#define ROL_(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

static inline uint64_t ROL(uint64_t x, unsigned n) { return ROL_(x, n); }

static const uint64_t RC[24] = {
    0x0000000000000001ULL, 0x0000000000008082ULL, 0x800000000000808AULL, 0x8000000080008000ULL,
    0x000000000000808BULL, 0x0000000080000001ULL, 0x8000000080008081ULL, 0x8000000000008009ULL,
    0x000000000000008AULL, 0x0000000000000088ULL, 0x0000000080008009ULL, 0x000000008000000AULL,
    0x000000008000808BULL, 0x800000000000008BULL, 0x8000000000008089ULL, 0x8000000000008003ULL,
    0x8000000000008002ULL, 0x8000000000000080ULL, 0x000000000000800AULL, 0x800000008000000AULL,
    0x8000000080008081ULL, 0x8000000000008080ULL, 0x0000000080000001ULL, 0x8000000080008008ULL,
};

static void permute(uint64_t *s)
{
    uint64_t b0, b1, b2, b3, b4, c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
    uint64_t a00 = s[0], a01 = s[1], a02 = s[2], a03 = s[3], a04 = s[4];
    uint64_t a05 = s[5], a06 = s[6], a07 = s[7], a08 = s[8], a09 = s[9];
    uint64_t a10 = s[10], a11 = s[11], a12 = s[12], a13 = s[13], a14 = s[14];
    uint64_t a15 = s[15], a16 = s[16], a17 = s[17], a18 = s[18], a19 = s[19];
    uint64_t a20 = s[20], a21 = s[21], a22 = s[22], a23 = s[23], a24 = s[24];
    uint64_t e00, e01, e02, e03, e04;
    uint64_t e05, e06, e07, e08, e09;
    uint64_t e10, e11, e12, e13, e14;
    uint64_t e15, e16, e17, e18, e19;
    uint64_t e20, e21, e22, e23, e24;
    for (int i = 0; i < 24; i += 2) {
        c0 = a00 ^ a05 ^ a10 ^ a15 ^ a20;
        c1 = a01 ^ a06 ^ a11 ^ a16 ^ a21;
        c2 = a02 ^ a07 ^ a12 ^ a17 ^ a22;
        c3 = a03 ^ a08 ^ a13 ^ a18 ^ a23;
        c4 = a04 ^ a09 ^ a14 ^ a19 ^ a24;
        d0 = c4 ^ ROL(c1, 1);
        d1 = c0 ^ ROL(c2, 1);
        d2 = c1 ^ ROL(c3, 1);
        d3 = c2 ^ ROL(c4, 1);
        d4 = c3 ^ ROL(c0, 1);
        b0 = a00 ^ d0;
        b1 = ROL(a06 ^ d1, 44);
        b2 = ROL(a12 ^ d2, 43);
        b3 = ROL(a18 ^ d3, 21);
        b4 = ROL(a24 ^ d4, 14);
        e00 = b0 ^ (~b1 & b2) ^ RC[i];
        e01 = b1 ^ (~b2 & b3);
        e02 = b2 ^ (~b3 & b4);
        e03 = b3 ^ (~b4 & b0);
        e04 = b4 ^ (~b0 & b1);
        b0 = ROL(a03 ^ d3, 28);
        b1 = ROL(a09 ^ d4, 20);
        b2 = ROL(a10 ^ d0, 3);
        b3 = ROL(a16 ^ d1, 45);
        b4 = ROL(a22 ^ d2, 61);
        e05 = b0 ^ (~b1 & b2);
        e06 = b1 ^ (~b2 & b3);
        e07 = b2 ^ (~b3 & b4);
        e08 = b3 ^ (~b4 & b0);
        e09 = b4 ^ (~b0 & b1);
        b0 = ROL(a01 ^ d1, 1);
        b1 = ROL(a07 ^ d2, 6);
        b2 = ROL(a13 ^ d3, 25);
        b3 = ROL(a19 ^ d4, 8);
        b4 = ROL(a20 ^ d0, 18);
        e10 = b0 ^ (~b1 & b2);
        e11 = b1 ^ (~b2 & b3);
        e12 = b2 ^ (~b3 & b4);
        e13 = b3 ^ (~b4 & b0);
        e14 = b4 ^ (~b0 & b1);
        b0 = ROL(a04 ^ d4, 27);
        b1 = ROL(a05 ^ d0, 36);
        b2 = ROL(a11 ^ d1, 10);
        b3 = ROL(a17 ^ d2, 15);
        b4 = ROL(a23 ^ d3, 56);
        e15 = b0 ^ (~b1 & b2);
        e16 = b1 ^ (~b2 & b3);
        e17 = b2 ^ (~b3 & b4);
        e18 = b3 ^ (~b4 & b0);
        e19 = b4 ^ (~b0 & b1);
        b0 = ROL(a02 ^ d2, 62);
        b1 = ROL(a08 ^ d3, 55);
        b2 = ROL(a14 ^ d4, 39);
        b3 = ROL(a15 ^ d0, 41);
        b4 = ROL(a21 ^ d1, 2);
        e20 = b0 ^ (~b1 & b2);
        e21 = b1 ^ (~b2 & b3);
        e22 = b2 ^ (~b3 & b4);
        e23 = b3 ^ (~b4 & b0);
        e24 = b4 ^ (~b0 & b1);
        c0 = e00 ^ e05 ^ e10 ^ e15 ^ e20;
        c1 = e01 ^ e06 ^ e11 ^ e16 ^ e21;
        c2 = e02 ^ e07 ^ e12 ^ e17 ^ e22;
        c3 = e03 ^ e08 ^ e13 ^ e18 ^ e23;
        c4 = e04 ^ e09 ^ e14 ^ e19 ^ e24;
        d0 = c4 ^ ROL(c1, 1);
        d1 = c0 ^ ROL(c2, 1);
        d2 = c1 ^ ROL(c3, 1);
        d3 = c2 ^ ROL(c4, 1);
        d4 = c3 ^ ROL(c0, 1);
        b0 = e00 ^ d0;
        b1 = ROL(e06 ^ d1, 44);
        b2 = ROL(e12 ^ d2, 43);
        b3 = ROL(e18 ^ d3, 21);
        b4 = ROL(e24 ^ d4, 14);
        a00 = b0 ^ (~b1 & b2) ^ RC[i + 1];
        a01 = b1 ^ (~b2 & b3);
        a02 = b2 ^ (~b3 & b4);
        a03 = b3 ^ (~b4 & b0);
        a04 = b4 ^ (~b0 & b1);
        b0 = ROL(e03 ^ d3, 28);
        b1 = ROL(e09 ^ d4, 20);
        b2 = ROL(e10 ^ d0, 3);
        b3 = ROL(e16 ^ d1, 45);
        b4 = ROL(e22 ^ d2, 61);
        a05 = b0 ^ (~b1 & b2);
        a06 = b1 ^ (~b2 & b3);
        a07 = b2 ^ (~b3 & b4);
        a08 = b3 ^ (~b4 & b0);
        a09 = b4 ^ (~b0 & b1);
        b0 = ROL(e01 ^ d1, 1);
        b1 = ROL(e07 ^ d2, 6);
        b2 = ROL(e13 ^ d3, 25);
        b3 = ROL(e19 ^ d4, 8);
        b4 = ROL(e20 ^ d0, 18);
        a10 = b0 ^ (~b1 & b2);
        a11 = b1 ^ (~b2 & b3);
        a12 = b2 ^ (~b3 & b4);
        a13 = b3 ^ (~b4 & b0);
        a14 = b4 ^ (~b0 & b1);
        b0 = ROL(e04 ^ d4, 27);
        b1 = ROL(e05 ^ d0, 36);
        b2 = ROL(e11 ^ d1, 10);
        b3 = ROL(e17 ^ d2, 15);
        b4 = ROL(e23 ^ d3, 56);
        a15 = b0 ^ (~b1 & b2);
        a16 = b1 ^ (~b2 & b3);
        a17 = b2 ^ (~b3 & b4);
        a18 = b3 ^ (~b4 & b0);
        a19 = b4 ^ (~b0 & b1);
        b0 = ROL(e02 ^ d2, 62);
        b1 = ROL(e08 ^ d3, 55);
        b2 = ROL(e14 ^ d4, 39);
        b3 = ROL(e15 ^ d0, 41);
        b4 = ROL(e21 ^ d1, 2);
        a20 = b0 ^ (~b1 & b2);
        a21 = b1 ^ (~b2 & b3);
        a22 = b2 ^ (~b3 & b4);
        a23 = b3 ^ (~b4 & b0);
        a24 = b4 ^ (~b0 & b1);
    }
    s[0] = a00;
    s[1] = a01;
    s[2] = a02;
    s[3] = a03;
    s[4] = a04;
    s[5] = a05;
    s[6] = a06;
    s[7] = a07;
    s[8] = a08;
    s[9] = a09;
    s[10] = a10;
    s[11] = a11;
    s[12] = a12;
    s[13] = a13;
    s[14] = a14;
    s[15] = a15;
    s[16] = a16;
    s[17] = a17;
    s[18] = a18;
    s[19] = a19;
    s[20] = a20;
    s[21] = a21;
    s[22] = a22;
    s[23] = a23;
    s[24] = a24;
}

static void absorb(uint64_t *s, const uint8_t *block)
{
    for (int i = 0; i < RATE / 8; i++) {
        uint64_t lane;
        memcpy(&lane, block + 8 * i, 8);
        s[i] ^= lane;
    }
    permute(s);
}

static void keccak256(const uint8_t *in, size_t n, uint8_t *out)
{
    uint64_t s[25] = {0};
    uint8_t last[RATE] = {0};
    for (; n >= RATE; in += RATE, n -= RATE)
        absorb(s, in);
    memcpy(last, in, n);
    last[n] = 0x01;
    last[RATE - 1] |= 0x80;
    absorb(s, last);
    memcpy(out, s, 32);
}

int main(void)
{
    uint8_t message[RATE];
    long count;
    while (scanf("%ld", &count) == 1) {
        struct timespec from, to;
        memset(message, 7, RATE);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        for (long i = 0; i < count; i++)
            keccak256(message, RATE, message);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        printf("%.2f ", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / count);
        for (int i = 0; i < 32; i++)
            printf("%02x", message[i]);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
