using System.Collections.Frozen;

namespace Purser.Protocol.Payments;

/// <summary>Why a payment does not count: the closed set to which the open strings of peers are mapped (specs/x402.md 6).</summary>
public enum PaymentReason
{
    /// <summary>A string that we do not know; treat it as a refusal without more meaning.</summary>
    Other,

    /// <summary>The message itself cannot be read.</summary>
    InvalidPayload,

    /// <summary>The seller's terms cannot be read.</summary>
    InvalidRequirements,

    /// <summary>A protocol version that is not spoken.</summary>
    InvalidVersion,

    /// <summary>None of the seller's ways to pay is the one that was accepted.</summary>
    NoMatchingRequirements,

    /// <summary>The scheme is not <c>exact</c>, or not on both sides.</summary>
    Scheme,

    /// <summary>The network is not the one of the terms, or not served.</summary>
    Network,

    /// <summary>The terms lack the token's EIP-712 name or version.</summary>
    MissingDomain,

    /// <summary>The asset has no code on this chain.</summary>
    AssetNotDeployed,

    /// <summary>The signature is not the payer's.</summary>
    Signature,

    /// <summary>The payer is a contract that does not exist yet, and its factory is not allowed (ERC-6492).</summary>
    FactoryNotAllowed,

    /// <summary>The authorization pays another account.</summary>
    Recipient,

    /// <summary>The authorization has expired, or is about to.</summary>
    Expired,

    /// <summary>The authorization is not yet valid.</summary>
    NotYetValid,

    /// <summary>The authorization is for another amount.</summary>
    Amount,

    /// <summary>The asset does not speak EIP-3009.</summary>
    Eip3009NotSupported,

    /// <summary>The authorization was used or cancelled.</summary>
    NonceUsed,

    /// <summary>The token's EIP-712 name is another.</summary>
    TokenName,

    /// <summary>The token's EIP-712 version is another.</summary>
    TokenVersion,

    /// <summary>The payer does not hold the amount.</summary>
    InsufficientBalance,

    /// <summary>The transfer would fail, for a reason that could not be told.</summary>
    SimulationFailed,

    /// <summary>The transfer was mined and failed.</summary>
    TransactionFailed,

    /// <summary>The transaction was mined without the transfer that it was to make.</summary>
    TransferMismatch,

    /// <summary>The transaction was broadcast and its receipt is not known yet: neither success nor failure.</summary>
    SettlementPending,

    /// <summary>The verifying side failed.</summary>
    VerifyError,

    /// <summary>The settling side failed.</summary>
    SettleError,
}

/// <summary>The strings that peers send for each <see cref="PaymentReason"/>. What we emit is what the deployed peers of version 2 emit (specs/x402.md 6.2).</summary>
public static class PaymentReasons
{
    /// <summary>The error of a first 402.</summary>
    public const string PaymentRequired = "Payment required";

    private static readonly (PaymentReason Reason, string[] Wire)[] s_table =
    [
        // The first string of each row is emitted; the others are read: version 1, earlier peers, other transfer methods.
        (PaymentReason.InvalidPayload, ["invalid_payload", "invalid_payment", "invalid_exact_evm_failed_to_parse_signature", "unsupported_payload_type"]),
        (PaymentReason.InvalidRequirements, ["invalid_payment_requirements"]),
        (PaymentReason.InvalidVersion, ["invalid_x402_version"]),
        (PaymentReason.NoMatchingRequirements, ["No matching payment requirements", "extension_echo_mismatch"]),
        (PaymentReason.Scheme, ["invalid_exact_evm_scheme", "unsupported_scheme", "invalid_scheme"]),
        (PaymentReason.Network, ["invalid_exact_evm_network_mismatch", "invalid_network"]),
        (PaymentReason.MissingDomain, ["invalid_exact_evm_missing_eip712_domain"]),
        (PaymentReason.AssetNotDeployed, ["asset_not_deployed_contract"]),
        (PaymentReason.Signature, ["invalid_exact_evm_signature", "invalid_exact_evm_payload_signature", "invalid_permit2_signature"]),
        (PaymentReason.FactoryNotAllowed, ["eip6492_factory_not_allowed", "invalid_exact_evm_payload_undeployed_smart_wallet", "smart_wallet_deployment_failed"]),
        (PaymentReason.Recipient, ["invalid_exact_evm_recipient_mismatch", "invalid_exact_evm_payload_recipient_mismatch", "invalid_permit2_recipient_mismatch"]),
        (PaymentReason.Expired, ["invalid_exact_evm_payload_authorization_valid_before", "payment_expired", "permit2_deadline_expired"]),
        (PaymentReason.NotYetValid, ["invalid_exact_evm_payload_authorization_valid_after", "permit2_not_yet_valid"]),
        (PaymentReason.Amount,
            ["invalid_exact_evm_payload_authorization_value_mismatch", "invalid_exact_evm_payload_authorization_value", "invalid_exact_evm_authorization_value", "permit2_amount_mismatch"]),
        (PaymentReason.Eip3009NotSupported, ["invalid_exact_evm_eip3009_not_supported"]),
        (PaymentReason.NonceUsed, ["invalid_exact_evm_nonce_already_used", "duplicate_settlement", "permit2_invalid_nonce"]),
        (PaymentReason.TokenName, ["invalid_exact_evm_token_name_mismatch"]),
        (PaymentReason.TokenVersion, ["invalid_exact_evm_token_version_mismatch"]),
        (PaymentReason.InsufficientBalance, ["invalid_exact_evm_insufficient_balance", "insufficient_funds", "permit2_insufficient_balance"]),
        (PaymentReason.SimulationFailed, ["invalid_exact_evm_transaction_simulation_failed", "permit2_simulation_failed"]),
        (PaymentReason.TransactionFailed, ["invalid_exact_evm_transaction_failed", "invalid_transaction_state"]),
        (PaymentReason.TransferMismatch, ["invalid_exact_evm_transfer_event_mismatch"]),
        (PaymentReason.SettlementPending, ["settlement_pending"]),
        (PaymentReason.VerifyError, ["unexpected_verify_error"]),
        (PaymentReason.SettleError, ["unexpected_settle_error"]),
    ];

    private static readonly FrozenDictionary<string, PaymentReason> s_fromWire =
        s_table.SelectMany(row => row.Wire.Select(wire => KeyValuePair.Create(wire, row.Reason))).ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<PaymentReason, string> s_toWire =
        s_table.ToFrozenDictionary(row => row.Reason, row => row.Wire[0]);

    /// <summary>The string that a peer of version 2 expects; <c>unexpected_verify_error</c> for <see cref="PaymentReason.Other"/>.</summary>
    public static string ToWire(this PaymentReason reason) => s_toWire.GetValueOrDefault(reason, "unexpected_verify_error");

    /// <summary>Our reason for a peer's string; <see cref="PaymentReason.Other"/> for one that we do not know, which is never refused.</summary>
    public static PaymentReason FromWire(string? wire) => wire is null ? PaymentReason.Other : s_fromWire.GetValueOrDefault(wire, PaymentReason.Other);
}
