using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Purser.Ethereum.Tests.Values;

public sealed class UInt256Tests
{
    private static readonly BigInteger s_modulus = BigInteger.One << 256;

    // Limbs are drawn from the places where carries and quotient guesses go wrong.
    private static readonly Gen<ulong> s_limb = Gen.OneOf(
        Gen.Elements(0UL, 1UL, 2UL, 0x7fffffffUL, 0x80000000UL, 0xffffffffUL, 0x100000000UL, 0x7fffffffffffffffUL, 0x8000000000000000UL, 0xffffffff00000000UL, ulong.MaxValue - 1, ulong.MaxValue),
        ArbMap.Default.GeneratorFor<ulong>());

    private static readonly Arbitrary<UInt256> s_any =
        (from a in s_limb from b in s_limb from c in s_limb from d in s_limb select new UInt256(a, b, c, d)).ToArbitrary();

    private static void For(Func<UInt256, UInt256, UInt256, bool> property) =>
        Prop.ForAll(s_any, s_any, s_any, property).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

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
    public void signed_forms_equal_big_integers() => For((a, b, _) =>
        UInt256.SignedCompare(a, b) == Signed(a).CompareTo(Signed(b))
        && (b.IsZero
            ? UInt256.SignedDivide(a, b).IsZero && UInt256.SignedModulo(a, b).IsZero
            : UInt256.SignedDivide(a, b) == Wrap(BigInteger.Divide(Signed(a), Signed(b))) && UInt256.SignedModulo(a, b) == Wrap(BigInteger.Remainder(Signed(a), Signed(b)))));

    [Fact]
    public void shifts_and_bits_equal_big_integers() => For((a, b, _) =>
    {
        var n = (int)(b.U0 % 300);
        return (a << n) == Wrap((BigInteger)a << n) && (a >> n) == (UInt256)((BigInteger)a >> n)
            && UInt256.ShiftRightArithmetic(a, n) == Wrap(Signed(a) >> n)
            && (a & b) == (UInt256)((BigInteger)a & b) && (a | b) == (UInt256)((BigInteger)a | b) && (a ^ b) == (UInt256)((BigInteger)a ^ b)
            && a.BitLength == (int)((BigInteger)a).GetBitLength();
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
    public void the_largest_number_parses() =>
        UInt256.Parse("115792089237316195423570985008687907853269984665640564039457584007913129639935").ShouldBe(UInt256.MaxValue);

    [Theory]
    [InlineData(0, "0x7f", "0x7f")]
    [InlineData(0, "0x80", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff80")]
    [InlineData(1, "0x12ff80", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff80")]
    [InlineData(31, "0x80", "0x80")]
    public void sign_extension_follows_the_chosen_byte(int index, string value, string expected) =>
        UInt256.SignExtend((ulong)index, UInt256.Parse(value)).ShouldBe(UInt256.Parse(expected));

    private static bool Throws(Func<UInt256> action)
    {
        try
        {
            action();
            return false;
        }
        catch (OverflowException)
        {
            return true;
        }
    }
}
