namespace Purser.Protocol.Payments;

/// <summary>The strings of scheme <c>batch-settlement</c> (specs/x402.md 6.2), which all begin with one prefix.</summary>
internal static class BatchSettlementReasons
{
    private const string Prefix = "invalid_batch_settlement_evm_";

    private static readonly (PaymentReason Reason, string[] Wire)[] s_table =
    [
        (PaymentReason.ChannelTerms,
        [
            "authorizer_address_mismatch", "authorizer_not_configured", "channel_id_invalid", "channel_id_mismatch", "receiver_authorizer_mismatch", "withdraw_delay_mismatch",
            "withdraw_delay_out_of_range",
        ]),
        (PaymentReason.ChannelBusy, ["channel_busy"]),
        (PaymentReason.ChannelNotFound, ["channel_not_found", "missing_channel"]),
        (PaymentReason.ChannelUnreadable, ["channel_state_read_failed", "rpc_read_failed", "verification_state_unavailable"]),
        (PaymentReason.CumulativeAmount, ["charge_exceeds_signed_cumulative", "cumulative_amount_mismatch", "cumulative_below_claimed"]),
        (PaymentReason.CumulativeExceedsBalance, ["cumulative_exceeds_balance"]),
        (PaymentReason.Deposit, ["deposit_below_min_deposit", "deposit_payload", "erc3009_authorization_required", "permit2_authorization_required"]),
        (PaymentReason.Refund, ["refund_amount_invalid", "refund_no_balance", "refund_payload"]),
        (PaymentReason.InvalidPayload, ["claim_payload", "payload_type", "settle_payload", "unknown_settle_action", "voucher_payload"]),
        (PaymentReason.SimulationFailed, ["claim_simulation_failed", "deposit_simulation_failed", "refund_simulation_failed", "settle_simulation_failed"]),
        (PaymentReason.TransactionFailed,
            ["claim_transaction_failed", "deposit_transaction_failed", "nothing_to_settle", "refund_transaction_failed", "settle_transaction_failed", "transaction_reverted"]),
        (PaymentReason.SettleError, ["wait_for_receipt_failed"]),
        (PaymentReason.Signature, ["eip2612_invalid_signature", "permit2_invalid_signature", "receive_authorization_signature", "voucher_signature"]),
        (PaymentReason.FactoryNotAllowed, ["eip6492_factory_not_allowed"]),
        (PaymentReason.DeploymentFailed, ["smart_wallet_deployment_failed"]),
        (PaymentReason.InsufficientBalance, ["insufficient_balance"]),
        (PaymentReason.MissingDomain, ["missing_eip712_domain"]),
        (PaymentReason.Network, ["network_mismatch"]),
        (PaymentReason.Scheme, ["scheme"]),
        (PaymentReason.Recipient, ["receiver_mismatch"]),
        (PaymentReason.Token, ["token_mismatch"]),
        (PaymentReason.NotYetValid, ["payload_authorization_valid_after"]),
        (PaymentReason.Expired, ["payload_authorization_valid_before", "permit2_deadline_expired"]),
        (PaymentReason.AllowanceRequired, ["permit2_allowance_required"]),
        (PaymentReason.Amount, ["permit2_amount_mismatch"]),
        (PaymentReason.Spender, ["permit2_invalid_spender"]),
        (PaymentReason.ApprovalAmount, ["eip2612_amount_mismatch"]),
        (PaymentReason.PermitToken, ["eip2612_asset_mismatch"]),
        (PaymentReason.PermitExpired, ["eip2612_deadline_expired"]),
        (PaymentReason.PermitFormat, ["eip2612_invalid_format"]),
        (PaymentReason.PermitOwner, ["eip2612_owner_mismatch"]),
        (PaymentReason.PermitSpender, ["eip2612_spender_mismatch"]),
        (PaymentReason.Approval,
            ["erc20_approval_asset_mismatch", "erc20_approval_from_mismatch", "erc20_approval_invalid_format", "erc20_approval_unavailable", "erc20_approval_wrong_spender"]),
        (PaymentReason.ApprovalFailed, ["erc20_approval_broadcast_failed"]),
    ];

    /// <summary>Every string with its prefix, and what it means.</summary>
    public static IEnumerable<KeyValuePair<string, PaymentReason>> All =>
        s_table.SelectMany(row => row.Wire.Select(wire => KeyValuePair.Create(Prefix + wire, row.Reason)));

    /// <summary>The first string of each reason.</summary>
    public static IEnumerable<KeyValuePair<PaymentReason, string>> Emitted => s_table.Select(row => KeyValuePair.Create(row.Reason, Prefix + row.Wire[0]));
}
