using System.Numerics;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

/// <summary>The fallback's arithmetic against big integers, and against libsecp256k1.</summary>
public sealed class ManagedArithmeticTests
{
    private static readonly BigInteger s_prime = BigInteger.Pow(2, 256) - BigInteger.Pow(2, 32) - 977;

    private static readonly BigInteger s_order =
        BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber);

    private static int Seeds(int everyCommit) => Backends.LongTier ? 100 * everyCommit : everyCommit;

    private static byte[] Write(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static BigInteger Read(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Modulo(BigInteger a, BigInteger m) => ((a % m) + m) % m;

    private static FieldElement Field(BigInteger number)
    {
        var mask = (BigInteger)ulong.MaxValue;
        // Unreduced on purpose: values from p to 2^256 − 1 must work too.
        return new FieldElement((ulong)(number & mask), (ulong)((number >> 64) & mask), (ulong)((number >> 128) & mask), (ulong)(number >> 192));
    }

    private static Scalar Number(BigInteger number)
    {
        Scalar.TryRead(Write(number), out var scalar).ShouldBeTrue();
        return scalar;
    }

    private static BigInteger Value(FieldElement element)
    {
        Span<byte> bytes = stackalloc byte[32];
        element.Write(bytes);
        return Read(bytes);
    }

    private static BigInteger Value(Scalar scalar)
    {
        Span<byte> bytes = stackalloc byte[32];
        scalar.Write(bytes);
        return Read(bytes);
    }

    /// <summary>Numbers with limbs from the places where carries go wrong, and numbers next to 0, p, n and 2^256.</summary>
    private static BigInteger Hard(Seeded random)
    {
        if (random.OneIn(4))
        {
            return Read(random.Bytes(32));
        }

        if (random.OneIn(3))
        {
            var near = random.Pick([BigInteger.Zero, s_prime, s_order, BigInteger.Pow(2, 256), BigInteger.Pow(2, 128), s_order / 2, s_prime - s_order]);
            return BigInteger.Clamp(near + random.Between(-5, 5), 0, BigInteger.Pow(2, 256) - 1);
        }

        ulong[] limbs = [0, 1, 2, 0xFFFFFFFF, 0x100000000, 0x1000003D1, 0xFFFFFFFEFFFFFC2F, ulong.MaxValue - 1, ulong.MaxValue, random.NextUInt64()];
        var number = BigInteger.Zero;
        for (var i = 0; i < 4; i++)
        {
            number = (number << 64) | random.Pick(limbs);
        }

        return number;
    }

    [Fact]
    public void field_arithmetic_equals_big_integers_modulo_p() => Seeded.Run(Seeds(20), random =>
    {
        for (var i = 0; i < 1000; i++)
        {
            var (a, b) = (Hard(random), Hard(random));
            var (x, y) = (Field(a), Field(b));
            Value(x).ShouldBe(Modulo(a, s_prime));
            Value(FieldElement.Add(x, y)).ShouldBe(Modulo(a + b, s_prime));
            Value(FieldElement.Subtract(x, y)).ShouldBe(Modulo(a - b, s_prime));
            Value(FieldElement.Negate(x)).ShouldBe(Modulo(-a, s_prime));
            Value(FieldElement.Multiply(x, y)).ShouldBe(Modulo(a * b, s_prime));
            Value(FieldElement.Square(x)).ShouldBe(Modulo(a * a, s_prime));
            x.IsZero.ShouldBe(Modulo(a, s_prime).IsZero);
            x.IsOdd.ShouldBe(!Modulo(a, s_prime).IsEven);
            FieldElement.AreEqual(x, y).ShouldBe(Modulo(a - b, s_prime).IsZero);
            // Results that were not normalized must work as inputs.
            Value(FieldElement.Multiply(FieldElement.Subtract(x, y), FieldElement.Add(x, y))).ShouldBe(Modulo((a - b) * (a + b), s_prime));
        }
    });

    [Fact]
    public void field_inverses_and_roots_equal_big_integers() => Seeded.Run(Seeds(4), random =>
    {
        for (var i = 0; i < 100; i++)
        {
            var a = Hard(random);
            Value(FieldElement.Invert(Field(a))).ShouldBe(BigInteger.ModPow(a, s_prime - 2, s_prime));
            var residue = Modulo(a, s_prime).IsZero || BigInteger.ModPow(a, (s_prime - 1) / 2, s_prime).IsOne;
            FieldElement.TrySquareRoot(Field(a), out var root).ShouldBe(residue);
            if (residue)
            {
                Modulo(Value(root) * Value(root), s_prime).ShouldBe(Modulo(a, s_prime));
            }
        }
    });

    [Fact]
    public void only_numbers_under_p_and_n_are_read()
    {
        FieldElement.TryRead(Write(s_prime - 1), out _).ShouldBeTrue();
        FieldElement.TryRead(Write(s_prime), out _).ShouldBeFalse();
        FieldElement.TryRead(Write(BigInteger.Pow(2, 256) - 1), out _).ShouldBeFalse();
        Scalar.TryRead(Write(s_order - 1), out _).ShouldBeTrue();
        Scalar.TryRead(Write(s_order), out _).ShouldBeFalse();
        Scalar.TryRead(Write(BigInteger.Pow(2, 256) - 1), out _).ShouldBeFalse();
    }

    [Fact]
    public void scalar_arithmetic_equals_big_integers_modulo_n() => Seeded.Run(Seeds(20), random =>
    {
        for (var i = 0; i < 500; i++)
        {
            var raw = Hard(random);
            var (a, b) = (Modulo(raw, s_order), Modulo(Hard(random), s_order));
            var (x, y) = (Number(a), Number(b));
            Value(Scalar.ReadReduced(Write(raw))).ShouldBe(a);
            Value(Scalar.Add(x, y)).ShouldBe(Modulo(a + b, s_order));
            Value(Scalar.Negate(x)).ShouldBe(Modulo(-a, s_order));
            Value(Scalar.Multiply(x, y)).ShouldBe(Modulo(a * b, s_order));
            x.IsHigh.ShouldBe(a > s_order / 2);
        }

        var c = Modulo(Hard(random), s_order);
        Value(Scalar.Invert(Number(c))).ShouldBe(BigInteger.ModPow(c, s_order - 2, s_order));
    });

    [Fact]
    public void the_endomorphism_split_adds_up_and_stays_under_128_bits() => Seeded.Run(Seeds(20), random =>
    {
        var lambda = BigInteger.Parse("05363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72", System.Globalization.NumberStyles.HexNumber);
        for (var i = 0; i < 200; i++)
        {
            var k = Modulo(Hard(random), s_order);
            Number(k).SplitLambda(out var k1, out var negative1, out var k2, out var negative2);
            Value(k1).ShouldBeLessThan(BigInteger.Pow(2, 128));
            Value(k2).ShouldBeLessThan(BigInteger.Pow(2, 128));
            var first = negative1 ? -Value(k1) : Value(k1);
            var second = negative2 ? -Value(k2) : Value(k2);
            Modulo(first + (second * lambda), s_order).ShouldBe(k);
        }
    });

    [Fact]
    public void both_paths_recover_and_verify_alike() => Seeded.Run(Seeds(10), random =>
    {
        var native = Backends.Get("libsecp256k1");
        var managed = Secp256k1.Managed;
        var (a, b) = (new byte[64], new byte[64]);
        for (var i = 0; i < 60; i++)
        {
            var (digest, signature) = (Write(Hard(random)), new byte[64]);
            if (random.OneIn(2))
            {
                using var key = PrivateKey.Generate(new RandomOf(random), native);
                native.Sign(Secret(key), key.PublicKey, digest, signature);
                if (random.OneIn(2))
                {
                    // The same signature with high s.
                    Write(s_order - Read(signature.AsSpan(32))).CopyTo(signature, 32);
                }

                native.Verify(digest, signature, key.PublicKey).ShouldBeTrue();
                managed.Verify(digest, signature, key.PublicKey).ShouldBeTrue();
            }
            else
            {
                Write(Hard(random)).CopyTo(signature, 0);
                Write(Hard(random)).CopyTo(signature, 32);
            }

            for (var id = 0; id < 4; id++)
            {
                var found = native.TryRecover(digest, signature, id, a);
                managed.TryRecover(digest, signature, id, b).ShouldBe(found, Convert.ToHexString([.. digest, .. signature]));
                if (found)
                {
                    b.ShouldBe(a);
                    managed.Verify(digest, signature, a).ShouldBe(native.Verify(digest, signature, a));
                    digest[0] ^= 1;
                    managed.Verify(digest, signature, a).ShouldBe(native.Verify(digest, signature, a));
                    digest[0] ^= 1;
                }
            }
        }
    });

    [Fact]
    public void both_paths_parse_keys_alike() => Seeded.Run(Seeds(5), random =>
    {
        var native = Backends.Get("libsecp256k1");
        var (a, b) = (new byte[64], new byte[64]);
        for (var i = 0; i < 200; i++)
        {
            byte[] encoded = [(byte)random.Between(0, 8), .. Write(Hard(random)), .. random.OneIn(3) ? Write(Hard(random)) : []];
            var found = native.TryParsePublicKey(encoded, a);
            Secp256k1.Managed.TryParsePublicKey(encoded, b).ShouldBe(found, Convert.ToHexString(encoded));
            if (found)
            {
                b.ShouldBe(a);
            }
        }
    });

    [Fact]
    public void both_paths_derive_and_add_secrets_alike() => Seeded.Run(Seeds(5), random =>
    {
        var native = Backends.Get("libsecp256k1");
        for (var i = 0; i < 60; i++)
        {
            var secret = Write(BigInteger.Max(1, Modulo(Hard(random), s_order)));
            var (a, b) = (new byte[64], new byte[64]);
            native.DerivePublicKey(secret, a);
            Secp256k1.Managed.DerivePublicKey(secret, b);
            b.ShouldBe(a);

            var tweak = random.OneIn(8) ? Write(s_order - Read(secret)) : Write(Hard(random));
            var (left, right) = ((byte[])secret.Clone(), (byte[])secret.Clone());
            var added = native.TryAddSecret(left, tweak);
            Secp256k1.Managed.TryAddSecret(right, tweak).ShouldBe(added);
            right.ShouldBe(left);
            if (added)
            {
                Read(right).ShouldBe(Modulo(Read(secret) + Read(tweak), s_order));
            }
            else
            {
                right.ShouldAllBe(x => x == 0);
            }
        }
    });

    private static byte[] Secret(PrivateKey key)
    {
        var secret = new byte[32];
        key.ExportBytes(secret);
        return secret;
    }

    private sealed class RandomOf(Seeded seeded) : IRandom
    {
        public void Fill(Span<byte> destination) => seeded.Fill(destination);
    }
}
