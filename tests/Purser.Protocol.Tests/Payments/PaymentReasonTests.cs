using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Protocol.Tests.Payments;

public class PaymentReasonTests
{
    // specs/x402.md 6.1: all that a reader of version 1 takes.
    private static readonly HashSet<string> s_version1 = new(StringComparer.Ordinal)
    {
        "insufficient_funds", "invalid_exact_evm_payload_authorization_valid_after", "invalid_exact_evm_payload_authorization_valid_before",
        "invalid_exact_evm_payload_authorization_value", "invalid_exact_evm_payload_signature", "invalid_exact_evm_payload_recipient_mismatch",
        "invalid_exact_evm_payload_undeployed_smart_wallet", "invalid_network", "invalid_payload", "invalid_payment_requirements", "invalid_scheme", "unsupported_scheme",
        "invalid_x402_version", "invalid_transaction_state", "unexpected_verify_error", "unexpected_settle_error", "invalid_payment", "payment_expired", "duplicate_settlement",
    };

    [Theory]
    [InlineData(ReasonDialect.ExactEip3009)]
    [InlineData(ReasonDialect.ExactPermit2)]
    [InlineData(ReasonDialect.Upto)]
    public void Every_reason_is_said_in_every_dialect_of_version_2_and_comes_back(ReasonDialect dialect)
    {
        var reasons = Enum.GetValues<PaymentReason>().Where(reason => reason is not PaymentReason.Other).ToList();
        reasons.Select(reason => reason.ToWire(dialect)).ShouldBeUnique();
        foreach (var reason in reasons)
        {
            PaymentReasons.FromWire(reason.ToWire(dialect)).ShouldBe(reason, reason.ToWire(dialect));
        }
    }

    [Fact]
    public void Every_string_of_the_peers_is_known_and_no_other()
    {
        using var reader = new StreamReader(Vectors.Open("x402/reasons.txt"));
        var strings = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        strings.Length.ShouldBeGreaterThan(150);
        PaymentReasons.Known.ShouldBe(strings, ignoreOrder: true);
    }

    [Fact]
    public void Version_1_hears_only_what_is_on_its_list()
    {
        foreach (var reason in Enum.GetValues<PaymentReason>())
        {
            s_version1.ShouldContain(reason.ToWire(ReasonDialect.ExactV1));
        }
    }

    [Theory]
    [InlineData(PaymentReason.Recipient, ReasonDialect.ExactEip3009, "invalid_exact_evm_recipient_mismatch")]
    [InlineData(PaymentReason.Recipient, ReasonDialect.ExactV1, "invalid_exact_evm_payload_recipient_mismatch")]
    [InlineData(PaymentReason.Recipient, ReasonDialect.ExactPermit2, "invalid_permit2_recipient_mismatch")]
    [InlineData(PaymentReason.Recipient, ReasonDialect.Upto, "invalid_permit2_recipient_mismatch")]
    [InlineData(PaymentReason.Scheme, ReasonDialect.ExactPermit2, "invalid_exact_evm_scheme")]
    [InlineData(PaymentReason.Scheme, ReasonDialect.Upto, "invalid_upto_evm_scheme")]
    [InlineData(PaymentReason.Expired, ReasonDialect.ExactPermit2, "permit2_deadline_expired")]
    [InlineData(PaymentReason.InsufficientBalance, ReasonDialect.ExactV1, "insufficient_funds")]
    [InlineData(PaymentReason.InsufficientBalance, ReasonDialect.ExactEip3009, "invalid_exact_evm_insufficient_balance")]
    [InlineData(PaymentReason.SettlementExceedsAmount, ReasonDialect.Upto, "invalid_upto_evm_payload_settlement_exceeds_amount")]
    [InlineData(PaymentReason.PermitSpender, ReasonDialect.ExactPermit2, "eip2612_spender_not_permit2")]
    [InlineData(PaymentReason.ExtensionEcho, ReasonDialect.ExactEip3009, "extension_echo_mismatch")]
    [InlineData(PaymentReason.SignInNonce, ReasonDialect.ExactEip3009, "invalid_siwx_nonce")]
    [InlineData(PaymentReason.Unpaid, ReasonDialect.ExactEip3009, "Payment required")]
    public void A_reason_is_said_as_the_peers_of_the_scheme_say_it(PaymentReason reason, ReasonDialect dialect, string wire) => reason.ToWire(dialect).ShouldBe(wire);

    [Theory]
    [InlineData("invalid_exact_evm_payload_authorization_value", PaymentReason.Amount)]
    [InlineData("permit2_invalid_owner", PaymentReason.InvalidOwner)]
    [InlineData("upto_unauthorized_facilitator", PaymentReason.UnauthorizedFacilitator)]
    [InlineData("erc20_approval_tx_wrong_selector", PaymentReason.Approval)]
    [InlineData("smart_wallet_deployment_failed", PaymentReason.DeploymentFailed)]
    [InlineData("unsupported_payment_flow", PaymentReason.UnsupportedFlow)]
    [InlineData("invalid_batch_settlement_evm_channel_busy", PaymentReason.ChannelBusy)]
    [InlineData("invalid_batch_settlement_evm_wait_for_receipt_failed", PaymentReason.SettleError)]
    [InlineData("settle_exact_svm_transaction_confirmation_timed_out", PaymentReason.SettleError)]
    [InlineData("invalid_batch_settlement_evm_something_new", PaymentReason.Other)]
    [InlineData("INVALID_PAYLOAD", PaymentReason.Other)]
    [InlineData("", PaymentReason.Other)]
    [InlineData(null, PaymentReason.Other)]
    public void A_peers_string_is_understood_or_left_open(string? wire, PaymentReason reason) => PaymentReasons.FromWire(wire).ShouldBe(reason);

    [Fact]
    public void No_dialect_but_the_named_ones_is_spoken() => Should.Throw<ArgumentOutOfRangeException>(() => PaymentReason.Scheme.ToWire((ReasonDialect)99));
}
