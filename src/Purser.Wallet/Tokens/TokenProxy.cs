using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Tokens;

/// <summary>Whether a contract runs another's code, and who can exchange that: by the slots of EIP-1967, EIP-1822 and the older OpenZeppelin proxies (USDC's among them), a beacon, or a minimal proxy (EIP-1167).</summary>
internal sealed class TokenProxy
{
    // keccak256("eip1967.proxy.implementation") - 1 and its like; EIP-1967.
    private static readonly UInt256 s_implementation = Slot("eip1967.proxy.implementation"u8, less: 1);
    private static readonly UInt256 s_admin = Slot("eip1967.proxy.admin"u8, less: 1);
    private static readonly UInt256 s_beacon = Slot("eip1967.proxy.beacon"u8, less: 1);
    private static readonly UInt256 s_proxiable = Slot("PROXIABLE"u8, less: 0);
    private static readonly UInt256 s_olderImplementation = Slot("org.zeppelinos.proxy.implementation"u8, less: 0);
    private static readonly UInt256 s_olderAdmin = Slot("org.zeppelinos.proxy.admin"u8, less: 0);
    private static readonly AbiFunction s_beaconImplementation = AbiFunction.Parse("function implementation() returns (address)");

    private ContractCode? _target;
    private bool _unknownKind;

    private TokenProxy()
    {
    }

    /// <summary>The contract that is run, or null.</summary>
    public Address? Implementation { get; private set; }

    /// <summary>Who can exchange it, as far as a slot says so.</summary>
    public Address? Admin { get; private set; }

    /// <summary>Whether somebody can exchange it at all.</summary>
    public bool IsUpgradeable { get; private set; }

    /// <summary>Reads the slots.</summary>
    public static async Task<TokenProxy> FindAsync(IChain chain, Address token, ContractCode code, CancellationToken cancellationToken)
    {
        var proxy = new TokenProxy();
        foreach (var slot in (UInt256[])[s_implementation, s_proxiable, s_olderImplementation])
        {
            proxy.Implementation ??= await ReadAsync(chain, token, slot, cancellationToken);
        }

        if (proxy.Implementation is null && await ReadAsync(chain, token, s_beacon, cancellationToken) is { } beacon)
        {
            proxy.Admin = beacon;
            proxy.Implementation = await chain.CallAsync(new CallRequest { To = beacon, Data = s_beaconImplementation.Encode() }, cancellationToken: cancellationToken) is CallResult.Returned { Data.Length: 32 } answer
                ? new Address(answer.Data.AsSpan(12))
                : null;
        }

        proxy.IsUpgradeable = proxy.Implementation is not null || proxy.Admin is not null;
        proxy.Admin = await ReadAsync(chain, token, s_admin, cancellationToken) ?? await ReadAsync(chain, token, s_olderAdmin, cancellationToken) ?? proxy.Admin;
        proxy.Implementation ??= code.MinimalTarget;
        if (proxy.Implementation is { } target)
        {
            proxy._target = new(await chain.GetCodeAsync(target, cancellationToken: cancellationToken));
        }

        proxy._unknownKind = proxy.Implementation is null && !proxy.IsUpgradeable && code.HasDelegateCall;
        return proxy;
    }

    /// <summary>All code that can be seen to run.</summary>
    public IReadOnlyList<ContractCode> Codes(ContractCode own) => _target is null ? [own] : [own, _target];

    /// <summary>Adds what it means.</summary>
    public void Judge(TokenFindings found)
    {
        found.Looked("proxies: the slots of EIP-1967, EIP-1822 and older OpenZeppelin, a beacon, EIP-1167");
        if (Implementation is { } target && _target is { Length: 0 })
        {
            found.Danger("implementation_missing", $"it runs the code of {target}, where there is none");
        }

        if (IsUpgradeable)
        {
            found.Note("upgradeable", Admin is { } admin ? $"{admin} can exchange the code; what was looked at may change" : "its code can be exchanged; what was looked at may change");
        }
        else if (Implementation is { } fixedTarget)
        {
            found.Note("minimal_proxy", $"it runs the code of {fixedTarget}, for ever");
        }
        else if (_unknownKind)
        {
            found.Caution("delegates", "it can run other contracts' code in a way that no standard slot explains");
        }
    }

    private static async Task<Address?> ReadAsync(IChain chain, Address token, UInt256 slot, CancellationToken cancellationToken)
    {
        var word = await chain.GetStorageAtAsync(token, slot, cancellationToken: cancellationToken);
        var address = new Address(word.Bytes[12..]);
        return address.IsZero || word.Bytes[..12].ContainsAnyExcept((byte)0) ? null : address;
    }

    private static UInt256 Slot(ReadOnlySpan<byte> name, ulong less) => Keccak256.Hash(name).ToUInt256() - less;
}
