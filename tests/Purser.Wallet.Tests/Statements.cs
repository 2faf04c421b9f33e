using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Tests;

/// <summary>What was signed, for tests that know its kind.</summary>
internal static class Statements
{
    public static Eip3009Authorization Authorization(this AuthorizationResult.Authorized signed) => signed.Statement.ShouldBeOfType<SignedEip3009>().Authorization;

    public static Signature Signature(this AuthorizationResult.Authorized signed) => signed.Statement.ShouldBeOfType<SignedEip3009>().Signature;
}
