using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <summary>Accounts whose code is that of another (EIP-7702): the designator in the account, and the authorizations that put it there.</summary>
internal static class Delegations
{
    /// <summary>Gas for each authorization of a transaction.</summary>
    public const long AuthorizationGas = 25000;

    // What comes back when the account existed before.
    private const long ExistingRefund = 12500;

    private const int DesignatorSize = 3 + Address.Size;

    private static ReadOnlySpan<byte> Prefix => [0xef, 0x01, 0x00];

    /// <summary>Whether code is a designator, and whose code it names.</summary>
    public static bool TryRead(Code code, out Address target)
    {
        var bytes = code.Bytes;
        if (bytes.Length != DesignatorSize || !bytes.StartsWith(Prefix))
        {
            target = default;
            return false;
        }
        target = new(bytes[Prefix.Length..]);
        return true;
    }

    /// <summary>The designator that names an address.</summary>
    public static Code Designate(in Address target)
    {
        Span<byte> bytes = stackalloc byte[DesignatorSize];
        Prefix.CopyTo(bytes);
        target.Bytes.CopyTo(bytes[Prefix.Length..]);
        return new(bytes);
    }

    /// <summary>Applies the authorizations in order. One that does not hold is skipped; what was applied stands even when the transaction fails.</summary>
    public static void Apply(WorldState state, ulong chainId, IReadOnlyList<SignedAuthorization> authorizations)
    {
        foreach (var signed in authorizations)
        {
            var authorization = signed.Authorization;
            if ((!authorization.ChainId.IsZero && authorization.ChainId != chainId) || authorization.Nonce == ulong.MaxValue
                || !signed.TryRecoverAuthority(out var authority))
            {
                continue;
            }
            var account = state.Get(authority);
            state.Access(account);
            if ((account.Code.Length != 0 && !TryRead(account.Code, out _)) || account.Nonce != authorization.Nonce)
            {
                continue;
            }
            if (!account.IsEmpty)
            {
                state.Refund += ExistingRefund;
            }
            state.SetCode(account, authorization.Address == Address.Zero ? Code.Empty : Designate(authorization.Address));
            state.SetNonce(account, account.Nonce + 1);
        }
    }
}
