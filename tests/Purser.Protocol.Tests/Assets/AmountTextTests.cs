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
}
