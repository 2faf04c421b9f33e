namespace Purser.Protocol.Payments;

/// <summary>
/// Why a payment, or a proof that comes with one, does not count: the closed set to which the open strings of peers are mapped (specs/x402.md 6).
/// <see cref="PaymentReasons"/> has the strings.
/// </summary>
public enum PaymentReason
{
    /// <summary>A string that we do not know; treat it as a refusal without more meaning.</summary>
    Other,

    /// <summary>Nothing was paid yet: the error of a first 402.</summary>
    Unpaid,

    /// <summary>The message itself cannot be read, or says something that no payment says.</summary>
    InvalidPayload,

    /// <summary>The proof is of another kind than the terms ask for.</summary>
    UnsupportedPayload,

    /// <summary>The seller's terms cannot be read.</summary>
    InvalidRequirements,

    /// <summary>The seller's own route names a scheme, transfer method or facilitator that is not there.</summary>
    RouteMisconfigured,

    /// <summary>The flow of the terms is not one that the scheme has.</summary>
    UnsupportedFlow,

    /// <summary>A protocol version that is not spoken.</summary>
    InvalidVersion,

    /// <summary>None of the seller's ways to pay is the one that was accepted.</summary>
    NoMatchingRequirements,

    /// <summary>The client's echo of an extension lacks or changes what the seller put there.</summary>
    ExtensionEcho,

    /// <summary>The scheme is not the one of the terms, or not served.</summary>
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

    /// <summary>The payer's contract account could not be deployed.</summary>
    DeploymentFailed,

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

    /// <summary>Permit2: the permit is for another spender than the scheme's proxy.</summary>
    Spender,

    /// <summary>Permit2: the permit is for another token than the terms.</summary>
    Token,

    /// <summary>Permit2: the payer has not allowed Permit2 to take the token; answered with HTTP 412.</summary>
    AllowanceRequired,

    /// <summary>Permit2: the scheme's proxy has no code on this chain.</summary>
    ProxyNotDeployed,

    /// <summary>Permit2: the proxy or Permit2 does not take the amount, such as 0.</summary>
    InvalidAmount,

    /// <summary>Permit2: the proxy does not pay the zero address.</summary>
    InvalidDestination,

    /// <summary>Permit2: the proxy does not take from the zero address.</summary>
    InvalidOwner,

    /// <summary>Permit2: the proxy found the payment not yet valid.</summary>
    TooEarly,

    /// <summary>upto: the permit names another facilitator than the terms.</summary>
    Facilitator,

    /// <summary>upto: the transaction was sent by another account than the permit names.</summary>
    UnauthorizedFacilitator,

    /// <summary>upto: the seller asks for more than was signed.</summary>
    SettlementExceedsAmount,

    /// <summary>upto: the proxy found the amount to be more than was signed.</summary>
    ExceedsPermitted,

    /// <summary>EIP-2612 gas sponsoring: the permit beside the payment cannot be read.</summary>
    PermitFormat,

    /// <summary>EIP-2612 gas sponsoring: the permit is another account's.</summary>
    PermitOwner,

    /// <summary>EIP-2612 gas sponsoring: the permit is for another token.</summary>
    PermitToken,

    /// <summary>EIP-2612 gas sponsoring: the permit's spender is not Permit2.</summary>
    PermitSpender,

    /// <summary>EIP-2612 gas sponsoring: the permit has expired, or is about to.</summary>
    PermitExpired,

    /// <summary>EIP-2612 gas sponsoring: the permit is for another amount than the payment.</summary>
    ApprovalAmount,

    /// <summary>ERC-20 approval gas sponsoring, which we do not offer: the approval beside the payment is not what it must be.</summary>
    Approval,

    /// <summary>ERC-20 approval gas sponsoring: the approval was sent and failed.</summary>
    ApprovalFailed,

    /// <summary>sign-in-with-x: the message is not for this service's domain.</summary>
    SignInDomain,

    /// <summary>sign-in-with-x: the message's URI is of another origin.</summary>
    SignInUri,

    /// <summary>sign-in-with-x: the time of issue is no time.</summary>
    SignInIssuedAt,

    /// <summary>sign-in-with-x: the message is older than is taken.</summary>
    SignInTooOld,

    /// <summary>sign-in-with-x: the message is of the future.</summary>
    SignInFromFuture,

    /// <summary>sign-in-with-x: the time of expiry is no time.</summary>
    SignInExpirationTime,

    /// <summary>sign-in-with-x: the message has expired.</summary>
    SignInExpired,

    /// <summary>sign-in-with-x: the time from which it counts is no time.</summary>
    SignInNotBefore,

    /// <summary>sign-in-with-x: the message does not count yet.</summary>
    SignInNotYetValid,

    /// <summary>sign-in-with-x: the nonce was not given out by this service, or was used.</summary>
    SignInNonce,

    /// <summary>sign-in-with-x: the signature is not the account's.</summary>
    SignInSignature,

    /// <summary>sign-in-with-x: the proof or its signature cannot be read.</summary>
    SignInMalformed,

    /// <summary>sign-in-with-x: the chain's id cannot be read.</summary>
    SignInChainId,

    /// <summary>sign-in-with-x: the chain is none that this service signs in by.</summary>
    SignInUnsupportedChain,

    /// <summary>sign-in-with-x: the signature could not be checked, because the chain could not be asked.</summary>
    SignInVerifierError,

    /// <summary>batch-settlement: the channel is another than the terms', or is not set up as they ask.</summary>
    ChannelTerms,

    /// <summary>batch-settlement: there is no such channel.</summary>
    ChannelNotFound,

    /// <summary>batch-settlement: another request of this channel is being served.</summary>
    ChannelBusy,

    /// <summary>batch-settlement: the channel's state could not be read.</summary>
    ChannelUnreadable,

    /// <summary>batch-settlement: the voucher's cumulative amount is not what was charged and is due.</summary>
    CumulativeAmount,

    /// <summary>batch-settlement: the voucher is for more than the channel holds.</summary>
    CumulativeExceedsBalance,

    /// <summary>batch-settlement: the deposit is none, or is too small.</summary>
    Deposit,

    /// <summary>batch-settlement: the refund is none, or there is nothing to refund.</summary>
    Refund,
}
