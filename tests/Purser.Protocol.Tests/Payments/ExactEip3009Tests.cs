using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Protocol.Tests.Payments;

public sealed class ExactEip3009Tests
{
    private const long Now = 1_800_000_000;

    private static readonly Address s_payee = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
    private static readonly Address s_payer = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    private static readonly ExactEip3009Terms s_terms = new(new AssetId(new ChainId(84532), Address.Parse("0x036CbD53842c5426634e7929541eC2318f3dCF7e")), s_payee, 1000, 60, "USDC", "2");

    private static Eip3009Authorization Authorization(ulong value = 1000, long after = 0, long before = Now + 60, Address? to = null) =>
        new(s_payer, to ?? s_payee, value, (ulong)after, (ulong)before, default);

    private static PaymentReason? Check(Eip3009Authorization message) => ExactEip3009.Instance.CheckProof(new Eip3009Proof(s_terms, message, default), Now);

    [Fact]
    public void Terms_come_back_from_their_requirements() =>
        ExactEip3009.Instance.ReadTerms(s_terms.ToRequirements(), out _).ShouldBe(s_terms);

    [Fact]
    public void A_right_authorization_passes() => Check(Authorization()).ShouldBeNull();

    [Fact]
    public void A_swapped_payee_is_refused() =>
        Check(Authorization(to: s_payer)).ShouldBe(PaymentReason.Recipient);

    [Theory]
    [InlineData(999)]
    [InlineData(1001)]
    public void Another_amount_is_refused_be_it_more_or_less(ulong value) =>
        Check(Authorization(value)).ShouldBe(PaymentReason.Amount);

    [Fact]
    public void The_edges_of_the_validity_are_exact()
    {
        Check(Authorization(before: Now + 6)).ShouldBeNull();
        Check(Authorization(before: Now + 5)).ShouldBe(PaymentReason.Expired);
        Check(Authorization(before: 0)).ShouldBe(PaymentReason.Expired);
        Check(Authorization(after: Now)).ShouldBeNull();
        Check(Authorization(after: Now + 1)).ShouldBe(PaymentReason.NotYetValid);
        var forever = Authorization() with { ValidBefore = UInt256.MaxValue };
        Check(forever).ShouldBeNull();
    }

    [Fact]
    public void The_order_of_the_checks_is_payee_then_time_then_amount()
    {
        Check(Authorization(1, Now + 9, 0, s_payer)).ShouldBe(PaymentReason.Recipient);
        Check(Authorization(1, Now + 9, 0)).ShouldBe(PaymentReason.Expired);
        Check(Authorization(1, Now + 9)).ShouldBe(PaymentReason.NotYetValid);
        Check(Authorization(1)).ShouldBe(PaymentReason.Amount);
    }

    [Fact]
    public void Terms_are_checked_in_the_peers_order()
    {
        var ours = s_terms.ToRequirements();
        ExactEip3009.Instance.CheckTerms(ours, ours).ShouldBeNull();
        ExactEip3009.Instance.CheckTerms(ours with { Scheme = "upto" }, ours).ShouldBe(PaymentReason.Scheme);
        ExactEip3009.Instance.CheckTerms(ours, ours with { Extra = null }).ShouldBe(PaymentReason.MissingDomain);
        ExactEip3009.Instance.CheckTerms(ours with { Network = "eip155:1" }, ours).ShouldBe(PaymentReason.Network);
        ExactEip3009.Instance.CheckTerms(ours, ours with { Network = "solana:x" }).ShouldBe(PaymentReason.Network);
        ExactEip3009.Instance.CheckTerms(ours, ours with { Amount = "0" }).ShouldBe(PaymentReason.InvalidRequirements);
        ExactEip3009.Instance.CheckTerms(ours, ours with { PayTo = ours.Asset }).ShouldBe(PaymentReason.InvalidRequirements);
        ExactEip3009.Instance.CheckTerms(ours, ours with { Asset = "USD" }).ShouldBe(PaymentReason.InvalidRequirements);
    }

    [Theory]
    [InlineData("FiatTokenV2: authorization is expired", PaymentReason.Expired)]
    [InlineData("FiatTokenV2: authorization is not yet valid", PaymentReason.NotYetValid)]
    [InlineData("FiatTokenV2: authorization is used or canceled", PaymentReason.NonceUsed)]
    [InlineData("ERC20: transfer amount exceeds balance", PaymentReason.InsufficientBalance)]
    [InlineData("FiatTokenV2: invalid signature", PaymentReason.Signature)]
    [InlineData("something else", PaymentReason.TransactionFailed)]
    [InlineData(null, PaymentReason.TransactionFailed)]
    public void Revert_texts_map_to_reasons(string? text, PaymentReason reason) => ExactEip3009.FromRevertText(text).ShouldBe(reason);
}
