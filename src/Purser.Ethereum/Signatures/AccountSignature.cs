using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Signatures;

/// <summary>Whether a signature is an account's.</summary>
public enum SignatureVerdict
{
    /// <summary>It is.</summary>
    Valid,

    /// <summary>It is not.</summary>
    Invalid,

    /// <summary>It is wrapped for a contract that is still to be deployed (ERC-6492), by a factory that is not allowed (<see cref="AccountSignatureOptions.Factories"/>).</summary>
    FactoryNotAllowed,
}

/// <summary>
/// Is this signature this account's? Written once for all features, in the order of the standards.
/// <list type="number">
/// <item>A signature with ERC-6492's mark is taken apart. An account that has code already is asked about what is inside; where it has none, or says no, the
/// factory is called and the account asked in one simulated call.</item>
/// <item>An account with code is asked by ERC-1271, as a contract would ask it: by a static call with bounded gas, of whose answer one word counts.
/// An EIP-7702 account has code: there is no way past it to the key, unless <see cref="AccountSignatureOptions.AcceptKeyOfDelegatedAccount"/> opens one.</item>
/// <item>An account without code has to have signed with its key, in the strict 65-byte form.</item>
/// </list>
/// What a stranger's contract does (revert, burn its gas, return something else, deploy elsewhere) is a no. What the node does not do is a
/// <see cref="ChainException"/> and never a no.
/// </summary>
public static class AccountSignature
{
    /// <summary>The gas that an account's code may spend on the question, unless options say otherwise.</summary>
    public const ulong GasLimit = 500_000;

    /// <summary>The longest signature that is looked at, in bytes; a longer one is a no. With the question around it, it fits into creation code (EIP-3860).</summary>
    public const int MaxSize = 48_000;

    private static readonly AccountSignatureOptions s_default = new();
    private static readonly AbiFunction s_isValidSignature = AbiFunction.Parse("function isValidSignature(bytes32 hash, bytes signature) returns (bytes4)");

    /// <summary>ERC-1271's yes: the selector of <c>isValidSignature(bytes32,bytes)</c>, which stands at the left of the word.</summary>
    internal static ReadOnlySpan<byte> MagicValue => s_isValidSignature.Selector;

    /// <summary>Judges with the default options: no factory is called, and code decides.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="account">The account.</param>
    /// <param name="digest">What was signed.</param>
    /// <param name="signature">65 bytes, or what a contract account accepts.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public static Task<SignatureVerdict> VerifyAsync(IChain chain, Address account, Hash32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken = default) =>
        VerifyAsync(chain, account, digest, signature, s_default, cancellationToken);

    /// <summary>Judges.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="account">The account.</param>
    /// <param name="digest">What was signed. That it names its chain is the signed form's affair (EIP-155, EIP-712's domain): one key, or one contract address, may stand on many chains.</param>
    /// <param name="signature">65 bytes, what a contract account accepts, or ERC-6492's wrapper.</param>
    /// <param name="options">What counts, and what it may cost.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">The chain could not be asked, or not within the time.</exception>
    /// <exception cref="ArgumentException">The options have a timeout without a clock.</exception>
    public static async Task<SignatureVerdict> VerifyAsync(IChain chain, Address account, Hash32 digest, ReadOnlyMemory<byte> signature, AccountSignatureOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Timeout is not { } limit)
        {
            return await JudgeAsync(chain, account, digest, signature, options, cancellationToken);
        }
        var time = options.Time ?? throw new ArgumentException("A timeout needs a clock.", nameof(options));
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await JudgeAsync(chain, account, digest, signature, options, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChainException($"The chain did not judge the signature of {account} within {limit.TotalSeconds} s.", e) { IsTransient = true };
        }
    }

    /// <summary>Whether the account's own key signed the digest, in the strict form. Needs no chain.</summary>
    public static bool IsOfKey(in Address account, in Hash32 digest, ReadOnlySpan<byte> signature) =>
        Signature.TryRead(signature, out var strict) && Secp256k1.TryRecover(digest, strict, out var signer) && signer == account;

    /// <summary>Whether the signature carries ERC-6492's mark.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> signature) => WrappedSignature.IsWrapped(signature);

    /// <summary>The contract whose code an EIP-7702 account runs, when the code is a delegation (<c>0xef0100 ‖ address</c>); else null.</summary>
    public static Address? DelegationOf(ReadOnlySpan<byte> code) => code.Length == 3 + Address.Size && code.StartsWith((ReadOnlySpan<byte>)[0xef, 0x01, 0x00]) ? new Address(code[3..]) : null;

    private static async Task<SignatureVerdict> JudgeAsync(IChain chain, Address account, Hash32 digest, ReadOnlyMemory<byte> signature, AccountSignatureOptions options, CancellationToken cancellationToken)
    {
        if (signature.Length > MaxSize)
        {
            return SignatureVerdict.Invalid;
        }
        if (WrappedSignature.IsWrapped(signature.Span))
        {
            return await JudgeWrappedAsync(chain, account, digest, signature, options, cancellationToken);
        }
        var code = await chain.GetCodeAsync(account, options.Block, cancellationToken);
        if (code.Length > 0 && await AskAsync(chain, account, digest, signature, null, options, cancellationToken))
        {
            return SignatureVerdict.Valid;
        }
        var keyCounts = code.Length == 0 || (options.AcceptKeyOfDelegatedAccount && DelegationOf(code) is not null);
        return keyCounts && (options.Recovered?.IsOfKey(account, digest, signature.Span) ?? IsOfKey(account, digest, signature.Span)) ? SignatureVerdict.Valid : SignatureVerdict.Invalid;
    }

    private static async Task<SignatureVerdict> JudgeWrappedAsync(IChain chain, Address account, Hash32 digest, ReadOnlyMemory<byte> signature, AccountSignatureOptions options, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(options.Factories, FactoryRule.None))
        {
            return SignatureVerdict.FactoryNotAllowed;
        }
        if (!WrappedSignature.TryDecode(signature.Span, out var wrapped))
        {
            return SignatureVerdict.Invalid;
        }
        if (!options.Factories.Allows(wrapped.Factory))
        {
            return SignatureVerdict.FactoryNotAllowed;
        }
        // An account that exists is asked as it is. It may say yes only after the factory's call (a change of keys that the wrapper brings along), so that a no is no end.
        var code = await chain.GetCodeAsync(account, options.Block, cancellationToken);
        return (code.Length > 0 && await AskAsync(chain, account, digest, wrapped.Signature, null, options, cancellationToken))
            || await AskAsync(chain, account, digest, wrapped.Signature, wrapped, options, cancellationToken)
            ? SignatureVerdict.Valid
            : SignatureVerdict.Invalid;
    }

    private static async Task<bool> AskAsync(IChain chain, Address account, Hash32 digest, ReadOnlyMemory<byte> signature, WrappedSignature? deployment, AccountSignatureOptions options, CancellationToken cancellationToken)
    {
        var question = s_isValidSignature.Encode(digest, signature.ToArray());
        var factoryGas = deployment is null ? 0 : options.DeploymentGasLimit;
        var probe = SignatureProbe.Write(account, question, options.GasLimit, deployment?.Factory, deployment is null ? default : deployment.FactoryCalldata.Span, factoryGas);
        if (probe.Length > SignatureProbe.MaxSize)
        {
            return false;
        }
        var request = new CallRequest { Data = probe, Gas = SignatureProbe.GasFor(probe, options.GasLimit, factoryGas) };
        // The probe reverts by itself only when it was given less gas than was asked for; a node that runs no creation code makes it fail as well.
        return await chain.CallAsync(request, options.Block, cancellationToken) switch
        {
            CallResult.Returned { Data: [.., 1] and { Length: 32 } data } when !data.AsSpan(0, 31).ContainsAnyExcept((byte)0) => true,
            CallResult.Returned { Data: { Length: 32 } data } when !data.AsSpan().ContainsAnyExcept((byte)0) => false,
            CallResult.Reverted reverted => throw new ChainException($"The node did not run the question about the signature of {account}: {ForeignText.Clean(reverted.Message, 200)}"),
            _ => throw new ChainException($"The node answered the question about the signature of {account} with something else than yes or no."),
        };
    }
}
