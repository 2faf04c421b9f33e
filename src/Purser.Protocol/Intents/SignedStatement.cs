using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Intents;

/// <summary>What the wallet signed for an intent, in the form that its counterparty takes. The family is closed: a test lists what each intent can make a key sign.</summary>
public abstract record SignedStatement
{
    private protected SignedStatement()
    {
    }
}

/// <summary>An EIP-3009 authorization.</summary>
/// <param name="Authorization">The message.</param>
/// <param name="Signature">65 bytes r, s, v.</param>
public sealed record SignedEip3009(Eip3009Authorization Authorization, Signature Signature) : SignedStatement;

/// <summary>A Permit2 transfer with the x402 witness.</summary>
/// <param name="Permit">The message.</param>
/// <param name="Signature">65 bytes r, s, v.</param>
public sealed record SignedPermit2(Permit2Authorization Permit, Signature Signature) : SignedStatement;

/// <summary>An EIP-2612 permit for Permit2.</summary>
/// <param name="Permit">The message.</param>
/// <param name="Signature">65 bytes r, s, v.</param>
public sealed record SignedEip2612(Eip2612Permit Permit, Signature Signature) : SignedStatement;

/// <summary>An EIP-4361 message.</summary>
/// <param name="Message">The exact text that was signed.</param>
/// <param name="Signature">65 bytes r, s, v, by EIP-191.</param>
public sealed record SignedMessage(string Message, Signature Signature) : SignedStatement;

/// <summary>A transaction that was signed, stored and handed to the chain; the wallet follows it.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="TransactionHash">Its hash, the newest when its fee was raised; null when a custodian sends it and has not said.</param>
public sealed record SentTransaction(ChainId Chain, Hash32? TransactionHash) : SignedStatement;
