using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Protocol.Tests.Payments;

public sealed class ExactEvmTests
{
    private const long Now = 1_800_000_000;

    private static readonly Address s_payee = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
    private static readonly Address s_payer = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    private static readonly ExactEvmTerms s_terms = new(new AssetId(new ChainId(84532), Address.Parse("0x036CbD53842c5426634e7929541eC2318f3dCF7e")), s_payee, 1000, 60, "USDC", "2");

    private static Eip3009Authorization Authorization(ulong value = 1000, long after = 0, long before = Now + 60, Address? to = null) =>
        new(s_payer, to ?? s_payee, value, (ulong)after, (ulong)before, default);

    [Fact]
    public void Terms_come_back_from_their_requirements() =>
        ExactEvm.ReadTerms(ExactEvm.ToRequirements(s_terms), out _).ShouldBe(s_terms);

    [Fact]
    public void A_right_authorization_passes() => ExactEvm.CheckAuthorization(s_terms, Authorization(), Now).ShouldBeNull();

    [Fact]
    public void A_swapped_payee_is_refused() =>
        ExactEvm.CheckAuthorization(s_terms, Authorization(to: s_payer), Now).ShouldBe(PaymentReason.Recipient);

    [Theory]
    [InlineData(999)]
    [InlineData(1001)]
    public void Another_amount_is_refused_be_it_more_or_less(ulong value) =>
        ExactEvm.CheckAuthorization(s_terms, Authorization(value), Now).ShouldBe(PaymentReason.Amount);

    [Fact]
    public void The_edges_of_the_validity_are_exact()
    {
        ExactEvm.CheckAuthorization(s_terms, Authorization(before: Now + 6), Now).ShouldBeNull();
        ExactEvm.CheckAuthorization(s_terms, Authorization(before: Now + 5), Now).ShouldBe(PaymentReason.Expired);
        ExactEvm.CheckAuthorization(s_terms, Authorization(before: 0), Now).ShouldBe(PaymentReason.Expired);
        ExactEvm.CheckAuthorization(s_terms, Authorization(after: Now), Now).ShouldBeNull();
        ExactEvm.CheckAuthorization(s_terms, Authorization(after: Now + 1), Now).ShouldBe(PaymentReason.NotYetValid);
        var forever = Authorization() with { ValidBefore = UInt256.MaxValue };
        ExactEvm.CheckAuthorization(s_terms, forever, Now).ShouldBeNull();
    }

    [Fact]
    public void The_order_of_the_checks_is_payee_then_time_then_amount()
    {
        ExactEvm.CheckAuthorization(s_terms, Authorization(1, Now + 9, 0, s_payer), Now).ShouldBe(PaymentReason.Recipient);
        ExactEvm.CheckAuthorization(s_terms, Authorization(1, Now + 9, 0), Now).ShouldBe(PaymentReason.Expired);
        ExactEvm.CheckAuthorization(s_terms, Authorization(1, Now + 9), Now).ShouldBe(PaymentReason.NotYetValid);
        ExactEvm.CheckAuthorization(s_terms, Authorization(1), Now).ShouldBe(PaymentReason.Amount);
    }

    [Fact]
    public void Terms_are_checked_in_the_peers_order()
    {
        var ours = ExactEvm.ToRequirements(s_terms);
        ExactEvm.CheckTerms(ours, ours).ShouldBeNull();
        ExactEvm.CheckTerms(ours with { Scheme = "upto" }, ours).ShouldBe(PaymentReason.Scheme);
        ExactEvm.CheckTerms(ours, ours with { Extra = null }).ShouldBe(PaymentReason.MissingDomain);
        ExactEvm.CheckTerms(ours with { Network = "eip155:1" }, ours).ShouldBe(PaymentReason.Network);
        ExactEvm.CheckTerms(ours, ours with { Network = "solana:x" }).ShouldBe(PaymentReason.Network);
        ExactEvm.CheckTerms(ours, ours with { Amount = "0" }).ShouldBe(PaymentReason.InvalidRequirements);
        ExactEvm.CheckTerms(ours, ours with { PayTo = ours.Asset }).ShouldBe(PaymentReason.InvalidRequirements);
        ExactEvm.CheckTerms(ours, ours with { Asset = "USD" }).ShouldBe(PaymentReason.InvalidRequirements);
    }

    [Theory]
    [InlineData("FiatTokenV2: authorization is expired", PaymentReason.Expired)]
    [InlineData("FiatTokenV2: authorization is not yet valid", PaymentReason.NotYetValid)]
    [InlineData("FiatTokenV2: authorization is used or canceled", PaymentReason.NonceUsed)]
    [InlineData("ERC20: transfer amount exceeds balance", PaymentReason.InsufficientBalance)]
    [InlineData("FiatTokenV2: invalid signature", PaymentReason.Signature)]
    [InlineData("something else", PaymentReason.TransactionFailed)]
    [InlineData(null, PaymentReason.TransactionFailed)]
    public void Revert_texts_map_to_reasons(string? text, PaymentReason reason) => ExactEvm.FromRevertText(text).ShouldBe(reason);
}
