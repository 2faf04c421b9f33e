namespace Purser.Protocol.Payments;

/// <summary>The table behind <see cref="PaymentReasons"/>. In each row the first string is emitted, the others are read: version 1, earlier peers.</summary>
internal static class ReasonStrings
{
    /// <summary>Scheme exact with EIP-3009 in version 2, and what no scheme has a word of its own for.</summary>
    public static readonly (PaymentReason Reason, string[] Wire)[] Exact =
    [
        (PaymentReason.Unpaid, [PaymentReasons.PaymentRequired]),
        (PaymentReason.InvalidPayload, ["invalid_payload", "invalid_payment", "invalid_exact_evm_failed_to_parse_signature"]),
        (PaymentReason.UnsupportedPayload, ["unsupported_payload_type"]),
        (PaymentReason.InvalidRequirements, ["invalid_payment_requirements"]),
        (PaymentReason.RouteMisconfigured, ["unsupported_asset_transfer_method", "missing_scheme", "missing_facilitator"]),
        (PaymentReason.UnsupportedFlow, ["unsupported_payment_flow"]),
        (PaymentReason.InvalidVersion, ["invalid_x402_version"]),
        (PaymentReason.NoMatchingRequirements, ["No matching payment requirements"]),
        (PaymentReason.ExtensionEcho, ["extension_echo_mismatch"]),
        (PaymentReason.Scheme, ["invalid_exact_evm_scheme", "unsupported_scheme", "invalid_scheme"]),
        (PaymentReason.Network, ["invalid_exact_evm_network_mismatch", "invalid_network"]),
        (PaymentReason.MissingDomain, ["invalid_exact_evm_missing_eip712_domain"]),
        (PaymentReason.AssetNotDeployed, ["asset_not_deployed_contract"]),
        (PaymentReason.Signature, ["invalid_exact_evm_signature", "invalid_exact_evm_payload_signature"]),
        (PaymentReason.FactoryNotAllowed, ["eip6492_factory_not_allowed", "invalid_exact_evm_payload_undeployed_smart_wallet"]),
        (PaymentReason.DeploymentFailed, ["smart_wallet_deployment_failed"]),
        (PaymentReason.Recipient, ["invalid_exact_evm_recipient_mismatch", "invalid_exact_evm_payload_recipient_mismatch"]),
        (PaymentReason.Expired, ["invalid_exact_evm_payload_authorization_valid_before", "payment_expired"]),
        (PaymentReason.NotYetValid, ["invalid_exact_evm_payload_authorization_valid_after"]),
        (PaymentReason.Amount,
            ["invalid_exact_evm_payload_authorization_value_mismatch", "invalid_exact_evm_payload_authorization_value", "invalid_exact_evm_authorization_value"]),
        (PaymentReason.Eip3009NotSupported, ["invalid_exact_evm_eip3009_not_supported"]),
        (PaymentReason.NonceUsed, ["invalid_exact_evm_nonce_already_used", "duplicate_settlement"]),
        (PaymentReason.TokenName, ["invalid_exact_evm_token_name_mismatch"]),
        (PaymentReason.TokenVersion, ["invalid_exact_evm_token_version_mismatch"]),
        (PaymentReason.InsufficientBalance, ["invalid_exact_evm_insufficient_balance", "insufficient_funds"]),
        (PaymentReason.SimulationFailed, ["invalid_exact_evm_transaction_simulation_failed"]),
        (PaymentReason.TransactionFailed, ["invalid_exact_evm_transaction_failed", "invalid_transaction_state"]),
        (PaymentReason.TransferMismatch, ["invalid_exact_evm_transfer_event_mismatch"]),
        (PaymentReason.SettlementPending, ["settlement_pending"]),
        (PaymentReason.VerifyError, ["unexpected_verify_error"]),
        (PaymentReason.SettleError, ["unexpected_settle_error"]),
        (PaymentReason.SignInDomain, ["invalid_siwx_domain_mismatch"]),
        (PaymentReason.SignInUri, ["invalid_siwx_uri_mismatch"]),
        (PaymentReason.SignInIssuedAt, ["invalid_siwx_issued_at"]),
        (PaymentReason.SignInTooOld, ["invalid_siwx_issued_at_too_old"]),
        (PaymentReason.SignInFromFuture, ["invalid_siwx_issued_at_in_future"]),
        (PaymentReason.SignInExpirationTime, ["invalid_siwx_expiration_time"]),
        (PaymentReason.SignInExpired, ["invalid_siwx_expired"]),
        (PaymentReason.SignInNotBefore, ["invalid_siwx_not_before"]),
        (PaymentReason.SignInNotYetValid, ["invalid_siwx_not_yet_valid"]),
        (PaymentReason.SignInNonce, ["invalid_siwx_nonce"]),
        (PaymentReason.SignInSignature, ["invalid_siwx_signature"]),
        (PaymentReason.SignInMalformed, ["invalid_siwx_malformed_signature"]),
        (PaymentReason.SignInChainId, ["invalid_siwx_chain_id"]),
        (PaymentReason.SignInUnsupportedChain, ["invalid_siwx_unsupported_chain"]),
        (PaymentReason.SignInVerifierError, ["invalid_siwx_verifier_error"]),
    ];

    /// <summary>Scheme exact with Permit2, where it differs.</summary>
    public static readonly (PaymentReason Reason, string[] Wire)[] Permit2 =
    [
        (PaymentReason.Spender, ["invalid_permit2_spender"]),
        (PaymentReason.Recipient, ["invalid_permit2_recipient_mismatch"]),
        (PaymentReason.Expired, ["permit2_deadline_expired"]),
        (PaymentReason.NotYetValid, ["permit2_not_yet_valid"]),
        (PaymentReason.Amount, ["permit2_amount_mismatch"]),
        (PaymentReason.Token, ["permit2_token_mismatch"]),
        (PaymentReason.Signature, ["invalid_permit2_signature"]),
        (PaymentReason.AllowanceRequired, ["permit2_allowance_required"]),
        (PaymentReason.SimulationFailed, ["permit2_simulation_failed"]),
        (PaymentReason.InsufficientBalance, ["permit2_insufficient_balance"]),
        (PaymentReason.ProxyNotDeployed, ["permit2_proxy_not_deployed"]),
        (PaymentReason.NonceUsed, ["permit2_invalid_nonce"]),
        (PaymentReason.InvalidAmount, ["permit2_invalid_amount"]),
        (PaymentReason.InvalidDestination, ["permit2_invalid_destination"]),
        (PaymentReason.InvalidOwner, ["permit2_invalid_owner"]),
        (PaymentReason.TooEarly, ["permit2_payment_too_early"]),
        (PaymentReason.ApprovalAmount, ["permit2_2612_amount_mismatch"]),
        (PaymentReason.PermitFormat, ["invalid_eip2612_extension_format"]),
        (PaymentReason.PermitOwner, ["eip2612_from_mismatch"]),
        (PaymentReason.PermitToken, ["eip2612_asset_mismatch"]),
        (PaymentReason.PermitSpender, ["eip2612_spender_not_permit2"]),
        (PaymentReason.PermitExpired, ["eip2612_deadline_expired"]),
        (PaymentReason.Approval,
        [
            "invalid_erc20_approval_extension_format", "erc20_approval_from_mismatch", "erc20_approval_asset_mismatch", "erc20_approval_spender_not_permit2",
            "erc20_approval_tx_wrong_target", "erc20_approval_tx_wrong_selector", "erc20_approval_tx_wrong_spender", "erc20_approval_tx_invalid_calldata",
            "erc20_approval_tx_signer_mismatch", "erc20_approval_tx_invalid_signature", "erc20_approval_tx_parse_failed",
        ]),
        (PaymentReason.ApprovalFailed, ["erc20_approval_tx_failed", "erc20_approval_broadcast_failed"]),
    ];

    /// <summary>Scheme upto, where it differs from exact with Permit2.</summary>
    public static readonly (PaymentReason Reason, string[] Wire)[] Upto =
    [
        (PaymentReason.Scheme, ["invalid_upto_evm_scheme"]),
        (PaymentReason.Network, ["invalid_upto_evm_network_mismatch"]),
        (PaymentReason.TransactionFailed, ["invalid_upto_evm_transaction_failed"]),
        (PaymentReason.SettlementExceedsAmount, ["invalid_upto_evm_payload_settlement_exceeds_amount"]),
        (PaymentReason.ExceedsPermitted, ["upto_amount_exceeds_permitted"]),
        (PaymentReason.Facilitator, ["upto_facilitator_mismatch"]),
        (PaymentReason.UnauthorizedFacilitator, ["upto_unauthorized_facilitator"]),
    ];

    /// <summary>Of chains that we do not serve: what a seller of several kinds may say (specs/x402.md 6.1).</summary>
    public static readonly (PaymentReason Reason, string[] Wire)[] OnlyRead =
    [
        // A transaction of that chain may yet be found: neither is proof of non-payment.
        (PaymentReason.SettleError, ["settle_exact_svm_block_height_exceeded", "settle_exact_svm_transaction_confirmation_timed_out"]),
        (PaymentReason.SimulationFailed, ["invalid_exact_svm_payload_transaction_simulation_failed"]),
        (PaymentReason.Amount, ["invalid_exact_svm_payload_transaction_amount_mismatch"]),
        (PaymentReason.Recipient,
        [
            "invalid_exact_svm_payload_transaction_create_ata_instruction_incorrect_payee", "invalid_exact_svm_payload_transaction_transfer_to_incorrect_ata",
            "invalid_exact_svm_payload_transaction_receiver_ata_not_found",
        ]),
        (PaymentReason.Token, ["invalid_exact_svm_payload_transaction_create_ata_instruction_incorrect_asset"]),
        (PaymentReason.InsufficientBalance, ["invalid_exact_svm_payload_transaction_sender_ata_not_found"]),
        (PaymentReason.InvalidPayload,
        [
            "invalid_exact_svm_payload_transaction", "invalid_exact_svm_payload_transaction_create_ata_instruction", "invalid_exact_svm_payload_transaction_instructions",
            "invalid_exact_svm_payload_transaction_instructions_length", "invalid_exact_svm_payload_transaction_instructions_compute_limit_instruction",
            "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction",
            "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction_too_high",
            "invalid_exact_svm_payload_transaction_instruction_not_spl_token_transfer_checked",
            "invalid_exact_svm_payload_transaction_instruction_not_token_2022_transfer_checked",
            "invalid_exact_svm_payload_transaction_fee_payer_included_in_instruction_accounts",
            "invalid_exact_svm_payload_transaction_fee_payer_transferring_funds", "invalid_exact_svm_payload_transaction_not_a_transfer_instruction",
        ]),
    ];

    /// <summary>
    /// What is emitted to peers of version 1: only strings of their closed list, so a reason without one is said by the nearest (specs/x402.md 6.1). Reasons that
    /// cannot come up there (Permit2, upto, extensions) are left to the general one.
    /// </summary>
    public static readonly (PaymentReason Reason, string Wire)[] Version1 =
    [
        (PaymentReason.Unpaid, "invalid_payment"),
        (PaymentReason.InvalidPayload, "invalid_payload"),
        (PaymentReason.UnsupportedPayload, "invalid_payload"),
        (PaymentReason.InvalidRequirements, "invalid_payment_requirements"),
        (PaymentReason.RouteMisconfigured, "invalid_payment_requirements"),
        (PaymentReason.UnsupportedFlow, "invalid_payment_requirements"),
        (PaymentReason.InvalidVersion, "invalid_x402_version"),
        (PaymentReason.NoMatchingRequirements, "invalid_payment_requirements"),
        (PaymentReason.Scheme, "unsupported_scheme"),
        (PaymentReason.Network, "invalid_network"),
        (PaymentReason.MissingDomain, "invalid_payment_requirements"),
        (PaymentReason.AssetNotDeployed, "invalid_payment_requirements"),
        (PaymentReason.Signature, "invalid_exact_evm_payload_signature"),
        (PaymentReason.FactoryNotAllowed, "invalid_exact_evm_payload_undeployed_smart_wallet"),
        (PaymentReason.DeploymentFailed, "invalid_exact_evm_payload_undeployed_smart_wallet"),
        (PaymentReason.Recipient, "invalid_exact_evm_payload_recipient_mismatch"),
        (PaymentReason.Expired, "invalid_exact_evm_payload_authorization_valid_before"),
        (PaymentReason.NotYetValid, "invalid_exact_evm_payload_authorization_valid_after"),
        (PaymentReason.Amount, "invalid_exact_evm_payload_authorization_value"),
        (PaymentReason.Eip3009NotSupported, "invalid_payment_requirements"),
        (PaymentReason.NonceUsed, "duplicate_settlement"),
        (PaymentReason.TokenName, "invalid_payment_requirements"),
        (PaymentReason.TokenVersion, "invalid_payment_requirements"),
        (PaymentReason.InsufficientBalance, "insufficient_funds"),
        (PaymentReason.SimulationFailed, "invalid_transaction_state"),
        (PaymentReason.TransactionFailed, "invalid_transaction_state"),
        (PaymentReason.TransferMismatch, "invalid_transaction_state"),

        // Version 1 has no word for a transaction without receipt; this one says that the outcome is not known.
        (PaymentReason.SettlementPending, "unexpected_settle_error"),
        (PaymentReason.VerifyError, "unexpected_verify_error"),
        (PaymentReason.SettleError, "unexpected_settle_error"),
    ];
}
