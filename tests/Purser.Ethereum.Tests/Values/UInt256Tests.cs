using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Values;

public sealed class UInt256Tests
{
    private static readonly BigInteger s_modulus = BigInteger.One << 256;

    // Limbs are drawn from the places where carries and quotient guesses go wrong.
    private static readonly Gen<ulong> s_limb = Gen.OneOf(
        Gen.Elements(0UL, 1UL, 2UL, 0x7fffffffUL, 0x80000000UL, 0xffffffffUL, 0x100000000UL, 0x7fffffffffffffffUL, 0x8000000000000000UL, 0xffffffff00000000UL, ulong.MaxValue - 1, ulong.MaxValue),
        ArbMap.Default.GeneratorFor<ulong>());

    private static readonly Gen<UInt256> s_edge = Gen.Elements(
        BigInteger.Zero, BigInteger.One, (BigInteger.One << 64) - 1, BigInteger.One << 64, (BigInteger.One << 64) + 1,
        (BigInteger.One << 128) - 1, BigInteger.One << 128, (BigInteger.One << 128) + 1, (BigInteger.One << 192) - 1, BigInteger.One << 192,
        (BigInteger.One << 255) - 1, BigInteger.One << 255, (BigInteger.One << 255) + 1, s_modulus - 2, s_modulus - 1).Select(edge => (UInt256)edge);

    private static readonly Arbitrary<UInt256> s_any = Gen.Frequency(
        (1, s_edge),
        (4, from a in s_limb from b in s_limb from c in s_limb from d in s_limb select new UInt256(a, b, c, d))).ToArbitrary();

    private static void For(Func<UInt256, UInt256, UInt256, bool> property) =>
        Prop.ForAll(s_any, s_any, s_any, property).Check(Config.QuickThrowOnFailure.WithMaxTest(Tier.Pick(2_000, 100_000)));

    private static UInt256 Wrap(BigInteger value) => (UInt256)(((value % s_modulus) + s_modulus) % s_modulus);

    private static BigInteger Signed(UInt256 value) => value.IsNegative ? (BigInteger)value - s_modulus : value;

    [Fact]
    public void wrapping_arithmetic_equals_big_integers_modulo_2_256() => For((a, b, _) =>
        UInt256.AddWrapping(a, b) == Wrap((BigInteger)a + b)
        && UInt256.SubtractWrapping(a, b) == Wrap((BigInteger)a - b)
        && UInt256.MultiplyWrapping(a, b) == Wrap((BigInteger)a * b)
        && UInt256.NegateWrapping(a) == Wrap(-(BigInteger)a)
        && UInt256.PowWrapping(a, b & 0xff) == Wrap(BigInteger.ModPow(a, b & 0xff, s_modulus)));

    [Fact]
    public void division_equals_big_integers() => For((a, b, _) =>
    {
        if (b.IsZero)
        {
            return true;
        }
        var q = UInt256.DivRem(a, b, out var r);
        return q == (UInt256)((BigInteger)a / b) && r == (UInt256)((BigInteger)a % b) && a / b == q && a % b == r;
    });

    [Fact]
    public void modular_forms_use_the_whole_sum_and_product() => For((a, b, m) => m.IsZero
        ? UInt256.AddMod(a, b, m).IsZero && UInt256.MultiplyMod(a, b, m).IsZero
        : UInt256.AddMod(a, b, m) == (UInt256)(((BigInteger)a + b) % m) && UInt256.MultiplyMod(a, b, m) == (UInt256)((BigInteger)a * b % m));

    [Fact]
    public void modular_powers_equal_big_integers_for_odd_and_even_moduli() => For((a, b, m) =>
        m.IsZero ? UInt256.ModPow(a, b, m).IsZero : UInt256.ModPow(a, b, m) == (UInt256)BigInteger.ModPow(a, b, m));

    [Fact]
    public void fermats_little_theorem_holds_for_the_groups_order() => For((a, _, _) =>
        a % Signature.Order == UInt256.Zero || UInt256.ModPow(a, Signature.Order - 1, Signature.Order) == UInt256.One);

    [Fact]
    public void full_products_and_their_quotients_equal_big_integers() => For((a, b, m) =>
    {
        UInt256.Multiply(a, b, out var low, out var high);
        var product = (BigInteger)a * b;
        if (((BigInteger)high << 256) + low != product || UInt256.MultiplyHigh(a, b) != high)
        {
            return false;
        }
        if (m.IsZero)
        {
            return Throws<DivideByZeroException>(() => UInt256.MultiplyDivide(a, b, m));
        }
        if (product / m >= s_modulus)
        {
            return Throws(() => UInt256.MultiplyDivide(a, b, m));
        }
        return UInt256.MultiplyDivide(a, b, m, out var rest) == (UInt256)(product / m) && rest == (UInt256)(product % m);
    });

    [Fact]
    public void checked_powers_throw_where_the_result_has_no_place() => For((a, b, _) =>
    {
        // Small bases too, whose powers fit.
        var (value, exponent) = (b.Bit(7) ? a : a & 0xff, (int)(b.U0 % 40));
        var power = BigInteger.Pow(value, exponent);
        return power >= s_modulus ? Throws(() => UInt256.Pow(value, exponent)) : UInt256.Pow(value, exponent) == (UInt256)power;
    });

    [Fact]
    public void wrapping_powers_of_powers_of_two_equal_big_integers() => For((a, b, _) =>
    {
        var value = UInt256.One << (int)(a.U0 % 256);
        var exponent = b & 0x1ff;
        return UInt256.PowWrapping(value, exponent) == Wrap(BigInteger.ModPow(value, exponent, s_modulus))
            && UInt256.PowWrapping(2, a) == (a < 256 ? UInt256.One << (int)a : UInt256.Zero) && UInt256.PowWrapping(1, b) == UInt256.One;
    });

    [Fact]
    public void signed_forms_equal_big_integers() => For((a, b, _) =>
        UInt256.SignedCompare(a, b) == Signed(a).CompareTo(Signed(b))
        && (b.IsZero
            ? UInt256.SignedDivide(a, b).IsZero && UInt256.SignedModulo(a, b).IsZero
            : UInt256.SignedDivide(a, b) == Wrap(BigInteger.Divide(Signed(a), Signed(b))) && UInt256.SignedModulo(a, b) == Wrap(BigInteger.Remainder(Signed(a), Signed(b)))));

    [Fact]
    public void signed_numbers_go_to_big_integers_and_back_within_their_bounds() => For((a, b, _) =>
        a.ToSigned() == Signed(a) && UInt256.FromSigned(Signed(a)) == a
        && a.SignedSign == Signed(a).Sign && UInt256.SignedMagnitude(a) == (UInt256)BigInteger.Abs(Signed(a))
        && Throws(() => UInt256.FromSigned((BigInteger)UInt256.SignedMaxValue + 1 + (b >> 2)))
        && Throws(() => UInt256.FromSigned(Signed(UInt256.SignedMinValue) - 1 - (b >> 2))));

    [Fact]
    public void sign_extension_equals_big_integers() => For((a, b, _) =>
    {
        var index = (int)(b.U0 % 34);
        var low = index >= 31 ? Signed(a) : (BigInteger)a % (BigInteger.One << (8 * (index + 1)));
        if (index < 31 && !(low >> ((8 * (index + 1)) - 1)).IsZero)
        {
            low -= BigInteger.One << (8 * (index + 1));
        }
        return UInt256.SignExtend((ulong)index, a) == Wrap(low) && UInt256.SignExtend(b | UInt256.One << 200, a) == a;
    });
    [Fact]
    public void shifts_and_bits_equal_big_integers() => For((a, b, _) =>
    {
        var n = (int)(b.U0 % 300);
        return (a << n) == Wrap((BigInteger)a << n) && (a >> n) == (UInt256)((BigInteger)a >> n)
            && UInt256.ShiftRightArithmetic(a, n) == Wrap(Signed(a) >> n)
            && (a & b) == (UInt256)((BigInteger)a & b) && (a | b) == (UInt256)((BigInteger)a | b) && (a ^ b) == (UInt256)((BigInteger)a ^ b)
            && a.BitLength == (int)((BigInteger)a).GetBitLength()
            && UInt256.LeadingZeroCount(a) == 256 - (int)((BigInteger)a).GetBitLength()
            && UInt256.TrailingZeroCount(a) == (a.IsZero ? 256 : (int)BigInteger.TrailingZeroCount(a))
            && UInt256.PopCount(a) == (int)BigInteger.PopCount(a)
            && UInt256.IsPow2(a) == ((BigInteger)a).IsPowerOfTwo
            && UInt256.Min(a, b) == (UInt256)BigInteger.Min(a, b) && UInt256.Max(a, b) == (UInt256)BigInteger.Max(a, b);
    });

    [Fact]
    public void checked_operators_throw_where_the_result_has_no_place() => For((a, b, _) =>
        Throws(() => a + b) == ((BigInteger)a + b >= s_modulus)
        && Throws(() => a - b) == (a < b)
        && Throws(() => a * b) == ((BigInteger)a * b >= s_modulus));

    [Fact]
    public void order_and_bytes_agree() => For((a, b, _) =>
        a.CompareTo(b) == ((BigInteger)a).CompareTo(b) && (a < b) == (a.CompareTo(b) < 0)
        && a.ToBigEndian().AsSpan().SequenceCompareTo(b.ToBigEndian()) switch { < 0 => a < b, 0 => a == b, _ => a > b }
        && UInt256.FromBigEndian(a.ToBigEndian()) == a);

    [Fact]
    public void text_round_trips() => For((a, _, _) =>
        UInt256.Parse(a.ToString()) == a && a.ToString() == ((BigInteger)a).ToString()
        && UInt256.Parse(a.ToString("x", null)) == a && UInt256.Parse(a.ToString("x64", null)) == a);

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1.5")]
    [InlineData("1e6")]
    [InlineData("1_000")]
    [InlineData("0x")]
    [InlineData("0xg")]
    [InlineData("0X1")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639936")]
    [InlineData("0x10000000000000000000000000000000000000000000000000000000000000000")]
    public void malformed_or_too_large_text_is_refused(string text) => UInt256.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void division_by_zero_throws_and_the_modular_forms_give_zero()
    {
        Should.Throw<DivideByZeroException>(() => UInt256.One / UInt256.Zero);
        Should.Throw<DivideByZeroException>(() => UInt256.MaxValue % UInt256.Zero);
        UInt256.ModPow(2, 3, UInt256.Zero).ShouldBe(UInt256.Zero);
        UInt256.ModPow(2, 0, 1).ShouldBe(UInt256.Zero);
        UInt256.ModPow(0, 0, 7).ShouldBe(UInt256.One);
        Should.Throw<ArgumentOutOfRangeException>(() => UInt256.Pow(2, -1));
    }

    [Fact]
    public void the_largest_number_parses() =>
        UInt256.Parse("115792089237316195423570985008687907853269984665640564039457584007913129639935").ShouldBe(UInt256.MaxValue);

    [Theory]
    [InlineData(0, "0x7f", "0x7f")]
    [InlineData(0, "0x80", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff80")]
    [InlineData(1, "0x12ff80", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff80")]
    [InlineData(31, "0x80", "0x80")]
    public void sign_extension_follows_the_chosen_byte(int index, string value, string expected) =>
        UInt256.SignExtend((ulong)index, UInt256.Parse(value)).ShouldBe(UInt256.Parse(expected));

    private static bool Throws(Func<UInt256> action) => Throws<OverflowException>(action);

    private static bool Throws<TException>(Func<UInt256> action)
        where TException : Exception
    {
        try
        {
            action();
            return false;
        }
        catch (TException)
        {
            return true;
        }
    }
}
