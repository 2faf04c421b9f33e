using Purser.Ethereum;
using Purser.Protocol.Assets;

namespace Purser.Protocol.Tests.Assets;

public sealed class AmountTextTests
{
    private static readonly TokenInfo s_token = TokenInfo.TestUsd(new AssetId(new(31337), Address.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3")));
    private static readonly AssetRegistry s_registry = AssetRegistry.BuiltIn.With(s_token);

    [Theory]
    [InlineData("1500000", "1500000")]
    [InlineData("0", "0")]
    [InlineData("1.50 TUSD", "1500000")]
    [InlineData("1.5 tusd", "1500000")]
    [InlineData("1 TUSD", "1000000")]
    [InlineData("0.000001 TUSD", "1")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935", "115792089237316195423570985008687907853269984665640564039457584007913129639935")]
    public void An_amount_is_read_exactly(string text, string units) =>
        AmountText.Read(text, s_token).ShouldBeOfType<AmountReading.Amount>().Value.ShouldBe(new TokenAmount(UInt256.Parse(units), s_token.Asset));

    [Theory]
    [InlineData("", "amount_malformed")]
    [InlineData("-1", "amount_malformed")]
    [InlineData("1e6", "amount_malformed")]
    [InlineData("0x10", "amount_malformed")]
    [InlineData("1,5 TUSD", "amount_malformed")]
    [InlineData("1.5  TUSD", "amount_malformed")]
    [InlineData("1.5TUSD", "amount_malformed")]
    [InlineData(" 1", "amount_malformed")]
    [InlineData("007", "amount_malformed")]
    [InlineData("1.0000001 TUSD", "amount_malformed")]
    [InlineData("1. TUSD", "amount_malformed")]
    [InlineData(".5 TUSD", "amount_malformed")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639936", "amount_malformed")]
    [InlineData("1.5", "amount_not_minimal_units")]
    [InlineData("1.50 USDC", "amount_symbol_mismatch")]
    public void What_is_no_amount_of_the_token_is_refused(string text, string code) =>
        AmountText.Read(text, s_token).ShouldBeOfType<AmountReading.Refused>().Code.ShouldBe(code);

    [Fact]
    public void A_symbol_of_the_chain_names_the_token_and_a_bare_number_names_none()
    {
        AmountText.Read("0.001 USDC", s_registry, new(84532)).ShouldBeOfType<AmountReading.Amount>().Value.Units.ShouldBe((UInt256)1000UL);
        AmountText.Read("0.001 USDC", s_registry, new(31337)).ShouldBeOfType<AmountReading.Refused>().Code.ShouldBe("unknown_asset");
        AmountText.Read("1000", s_registry, new(31337)).ShouldBeOfType<AmountReading.Refused>().Code.ShouldBe("amount_without_symbol");
    }

    [Fact]
    public void Both_forms_are_shown_and_unknown_decimals_are_said_to_be_unknown()
    {
        AmountText.Display(1_000_000UL, s_token).ShouldBe("1.00 TUSD (1000000)");
        AmountText.Display(400UL, s_token).ShouldBe("0.0004 TUSD (400)");
        AmountText.Display(400UL, null).ShouldContain("unknown decimals");
        AmountText.Display(new TokenAmount(1UL, AssetId.Native(new(8453))), s_registry).ShouldBe("0.000000000000000001 ETH (1)");
    }

    /// <summary>x402-skill L2 to L6: amount / 10^decimals, exact however large or small, at least two decimals where there are any, no exponent.</summary>
    [Theory]
    [InlineData("400", 6, "0.0004 USDG (400)")]
    [InlineData("1000000", 6, "1.00 USDG (1000000)")]
    [InlineData("1230000", 6, "1.23 USDG (1230000)")]
    [InlineData("1", 18, "0.000000000000000001 USDG (1)")]
    [InlineData("100000000000000000", 18, "0.10 USDG (100000000000000000)")]
    [InlineData("7", 0, "7 USDG (7)")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935", 6, "115792089237316195423570985008687907853269984665640564039457584007913129.639935 USDG (115792089237316195423570985008687907853269984665640564039457584007913129639935)")]
    [InlineData("1234567890123456789012345678901234567890", 40, "0.123456789012345678901234567890123456789 USDG (1234567890123456789012345678901234567890)")]
    public void L2_L3_L4_L5_an_amount_is_shown_exactly_in_both_forms(string units, int decimals, string shown) =>
        AmountText.Display(UInt256.Parse(units), s_token with { Symbol = "USDG", Decimals = decimals }).ShouldBe(shown);

    [Fact]
    public void L6_of_unknown_decimals_there_are_minimal_units_and_a_warning()
    {
        var shown = AmountText.Display(1_000_000UL, null);
        shown.ShouldContain("1000000");
        shown.ShouldContain("unknown decimals");
        shown.ShouldContain("double-check");
        shown.ShouldNotContain("1.0");
    }
}
